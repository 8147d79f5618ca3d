/** `sluice check cluster` against a cluster with Sluice in it, as an administrator runs it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { CRDS, MUTATING_WEBHOOKS } from '../../kube/resources.ts'
import { type Lab, startLab } from './lab.ts'

type Check = { readonly check: string; readonly verdict: string; readonly text: string }
type Ran = { readonly code: number | null; readonly checks: readonly Check[]; readonly error: string }

describe('sluice check cluster', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const check = (): Promise<Ran> =>
    new Promise(resolve => {
      const sluice = new URL('../../cli/sluice', import.meta.url).pathname
      const child = spawn(sluice, ['--kubeconfig', lab.kubeconfig, '-n', lab.namespace, 'check', 'cluster', '-o', 'json'])
      let out = ''
      let error = ''
      child.stdout.on('data', chunk => {
        out += chunk
      })
      child.stderr.on('data', chunk => {
        error += chunk
      })
      child.on('close', code => resolve({ code, checks: out === '' ? [] : JSON.parse(out).checks, error }))
    })

  const withVerdict = ({ checks }: Ran, verdict: string) => checks.filter(one => one.verdict === verdict)

  test('finds all that Sluice needs, and asks the webhook itself', async () => {
    const ran = await check()
    assert.deepEqual([withVerdict(ran, 'missing'), ran.error], [[], ''])
    assert.equal(ran.code, 0)
    const verdicts = Object.fromEntries(ran.checks.map(one => [one.check, one.verdict]))
    for (const name of [
      'server',
      'admission policies',
      'crd routes',
      'crd rollouts',
      'webhook registered',
      'webhook certificate',
      'webhook answers',
      'guard',
      'controller leader',
      'router leader',
      'router pods',
      'controller rights',
      'router rights',
      'webhook rights',
    ])
      assert.equal(verdicts[name], 'ok', `${name}: ${JSON.stringify(ran.checks.find(one => one.check === name))}`)
  })

  test('finds that nothing holds updates when the webhook is not registered', async () => {
    await lab.client.delete(MUTATING_WEBHOOKS, { name: 'sluice' })
    const ran = await check()
    assert.equal(ran.code, 1)
    const missing = withVerdict(ran, 'missing').map(one => one.check)
    assert.ok(missing.includes('webhook registered') || missing.includes('webhook answers'), missing.join(', '))
  })

  test('finds a kind that is not installed', async () => {
    await lab.client.delete(CRDS, { name: 'analysistemplates.argoproj.io' })
    const ran = await check()
    assert.equal(ran.code, 1)
    assert.match(
      withVerdict(ran, 'missing')
        .map(one => one.text)
        .join('\n'),
      /analysistemplates\.argoproj\.io is not there/,
    )
  })
})
