/**
 * The dashboard before an API server that knows rights: whoever may not promote cannot, by button, by URL or by a request made by hand,
 * and whoever may does so with no other right. On a real control plane only; the in-process API server lets everybody do everything.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { kubeconfigServer } from '../../dashboard/cluster-server.ts'
import type { ActionPreview, Overview, Problem, RolloutDetail } from '../../dashboard/contract.ts'
import { type RunningDashboard, runDashboard } from '../../dashboard/run.ts'
import { type Answer, ask, OWN } from '../../dashboard/testing/dashboard.ts'
import { startBrowser, whyNoChromium } from '../../dashboard/ui/testing/page.ts'
import { makeUi } from '../../dashboard/ui/tools/make-ui.ts'
import { systemClock } from '../../kube/clock.ts'
import { isApiError } from '../../kube/errors.ts'
import { clientOver } from '../../kube/http-client.ts'
import { silentLogger } from '../../kube/log.ts'
import { ROLLOUTS } from '../../kube/resources.ts'
import { transportTo } from '../../kube/transport.ts'
import { apply } from '../../local/apply.ts'
import { type Lab, startLab } from './lab.ts'
import { deploySubject, type Subject } from './subject.ts'

const RBAC = 'rbac.authorization.k8s.io'
const READ = ['get', 'list', 'watch']
const reading = [
  { apiGroups: ['argoproj.io'], resources: ['rollouts', 'analysisruns', 'experiments'], verbs: READ },
  { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: READ },
  { apiGroups: [''], resources: ['pods', 'services', 'events'], verbs: READ },
  { apiGroups: ['sluice.dev'], resources: ['routes'], verbs: READ },
]
const steering = [{ apiGroups: ['argoproj.io'], resources: ['rollouts', 'rollouts/status'], verbs: ['patch'] }]

/** A ServiceAccount with these rights in the suite's namespace and none anywhere else; the answer is its token. */
const makePerson = async ({ client, namespace }: Lab, name: string, rules: readonly object[]): Promise<string> => {
  const metadata = { name, namespace }
  await apply(client, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules },
    {
      ...{ apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ] as Parameters<typeof apply>[1])
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } }
  const answer = await client.raw('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, body)
  return (answer as { readonly status: { readonly token: string } }).status.token
}

const skip = process.env['SLUICE_LAB'] === undefined ? 'the in-process API server has no rights to refuse' : undefined

describe('the dashboard before an API server with rights', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-dashboard-rights-'))
  let lab: Lab
  let dashboard: RunningDashboard
  let web: Subject
  let reader: string
  let steerer: string
  let rollout: string
  let argo: string

  before(async () => {
    lab = await startLab({ sluice: true })
    for (const { name, content } of await makeUi()) writeFileSync(join(folder, name), content)
    dashboard = await runDashboard({
      ...{ login: 'token', clock: systemClock, log: silentLogger, host: '127.0.0.1', port: 0, healthPort: 0 },
      cluster: await kubeconfigServer(lab.kubeconfig),
      ...{ sluiceNamespace: 'sluice-system', namespaces: [], dnsNames: ['localhost'], pages: folder },
    })
    web = await deploySubject(lab, { name: 'rights', annotations: { 'sluice.dev/steps': '50%, pause' } })
    await web.ship({ version: 'v2' })
    await web.until('the pause', ({ phase }) => phase === 'Paused')
    reader = await makePerson(lab, 'reader', reading)
    steerer = await makePerson(lab, 'steerer', [...reading, ...steering])
    rollout = `/api/sluice/v1/rollouts/${lab.namespace}/${web.name}`
    argo = `/api/v1/rollouts/${lab.namespace}/${web.name}`
  })

  after(async () => {
    await dashboard?.stop(0)
    await lab?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const signIn = async (token: string): Promise<string> => {
    const { headers } = await ask(dashboard.port, '/api/sluice/v1/session', { method: 'POST', headers: OWN, body: { token } })
    return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  }
  const get = async <T>(path: string, cookie: string): Promise<T> =>
    (await ask(dashboard.port, path, { headers: { cookie } })).body as T
  const assertRefused = ({ status, body }: Answer, what: string): void =>
    assert.deepEqual([status, (body as Problem).reason], [403, 'Forbidden'], `${what}: ${JSON.stringify(body)}`)
  /** Neither the pause was ended nor another version begun. */
  const assertUntouched = async (): Promise<void> => {
    const { phase, currentStepIndex, abort, promoteFull } = await web.status()
    assert.deepEqual([phase, currentStepIndex, abort ?? false, promoteFull ?? false], ['Paused', 1, false, false])
    assert.deepEqual(await web.sizes(), { v1: 2, v2: 2 })
  }

  test('the API server itself refuses the reader', async () => {
    const { server, tls } = await kubeconfigServer(lab.kubeconfig)
    const read = async () => ({ headers: { authorization: `Bearer ${reader}` }, tls: await tls() })
    const transport = transportTo({ server, read })
    try {
      const patch = clientOver(transport).patch(ROLLOUTS, { namespace: lab.namespace, name: web.name }, 'merge', {}, 'status')
      await assert.rejects(patch, (error: unknown) => isApiError(error) && error.status === 403)
    } finally {
      await transport.close()
    }
  })

  test('a reader sees the rollouts of the one namespace, and is told what cannot be seen', async () => {
    const cookie = await signIn(reader)
    const overview = await get<Overview>('/api/sluice/v1/overview', cookie)
    assert.deepEqual(overview.namespaces, [lab.namespace])
    assert.deepEqual(
      overview.rows.map(({ name, attention }) => [name, attention]),
      [[web.name, 'waiting']],
    )
    assert.match(overview.missing.join(' '), /may not list Rollouts in all namespaces/)
    const detail = await get<RolloutDetail>(rollout, cookie)
    assert.equal(detail.pods.length, 4)
    assert.deepEqual(detail.missing, [])
    const elsewhere = await ask(dashboard.port, '/api/sluice/v1/rollouts/kube-system/coredns', { headers: { cookie } })
    assertRefused(elsewhere, 'another namespace')
  })

  test('a reader is told of each action that it is not permitted, by the review of the API server', async () => {
    const previews = await get<readonly ActionPreview[]>(`${rollout}/actions`, await signIn(reader))
    const promote = previews.find(({ action }) => action === 'promote')
    assert.deepEqual([promote?.possible, promote?.permitted], [false, false])
    assert.match(promote?.sentence ?? '', /You may not patch rollouts\/status in namespace suite/)
    assert.deepEqual(
      previews.filter(({ possible }) => possible).map(({ action }) => action),
      [],
    )
  })

  test('a reader changes nothing by any path, with the cookie or with the token, whatever the request claims', async () => {
    const cookie = await signIn(reader)
    const actions = ['promote', 'skip', 'full', 'abort', 'pause', 'restart', 'undo']
    const requests: readonly (readonly [method: string, path: string, body: object])[] = [
      ...actions.map(action => ['POST', `${rollout}/actions/${action}`, {}] as const),
      ['POST', `${rollout}/actions/set-image`, { container: 'app', image: 'registry.example/web:v9' }],
      ...['promote', 'abort', 'undo/1', 'restart', 'set/app/registry.example/web/v9'].map(
        path => ['PUT', `${argo}/${path}`, {}] as const,
      ),
      ['PUT', `${argo}/promote`, { full: true }],
    ]
    const claims = { 'impersonate-user': 'system:admin', 'x-forwarded-user': 'admin', 'x-remote-group': 'system:masters' }
    for (const [method, path, body] of requests)
      for (const headers of [
        { cookie, ...OWN },
        { cookie, ...OWN, ...claims },
        { authorization: `Bearer ${reader}`, ...claims },
      ]) {
        const answer = await ask(dashboard.port, path, { method, headers, body })
        // What makes no sense now is refused before anybody's rights are looked at.
        if (answer.status === 409) assert.match(path, /undo|restart/)
        else assertRefused(answer, `${method} ${path}`)
      }
    await assertUntouched()
  })

  test('the log of a pod is not to be had without the right to it, nor is another command line helped by --as', async () => {
    const cookie = await signIn(reader)
    const [pod] = (await get<RolloutDetail>(rollout, cookie)).pods
    const log = `/api/sluice/v1/pods/${lab.namespace}/${pod?.name}/log`
    assertRefused(await ask(dashboard.port, log, { headers: { cookie } }), 'the log')
    const flags = ['--kubeconfig', lab.kubeconfig, '-n', lab.namespace, '--as', `system:serviceaccount:${lab.namespace}:reader`]
    const sluice = new URL('../../cli/sluice', import.meta.url).pathname
    const run = (...args: readonly string[]) => spawnSync(sluice, [...flags, ...args], { encoding: 'utf8', timeout: 60_000 })
    assert.match(run('get', web.name).stdout, /Paused/)
    const { status, stderr } = run('promote', web.name)
    assert.equal(status, 1)
    assert.match(stderr, /reader.*cannot patch resource "rollouts/)
    await assertUntouched()
  })

  test('a reader has no button, and a request made by hand in that page is refused', { skip: whyNoChromium() }, async () => {
    let browser: Browser | undefined
    try {
      browser = await startBrowser()
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      context.setDefaultTimeout(60_000)
      const page: Page = await context.newPage()
      await page.goto(`https://127.0.0.1:${dashboard.port}/#/${lab.namespace}/${web.name}`)
      await page.getByLabel('Bearer token').fill(reader)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('.title').getByText('Paused').waitFor()
      await page.getByText('You may look at this rollout, not change it.').waitFor()
      const verbs = /Promote|Skip step|Abort|Pause|Retry|Undo|Restart|Set image/
      assert.deepEqual(await page.getByRole('button', { name: verbs }).allTextContents(), [])
      // The key for it opens the dialog, which says why not and has nothing to press.
      await page.keyboard.press('p')
      const dialog = page.getByRole('dialog')
      await dialog.getByText('You may not patch rollouts/status').waitFor()
      assert.equal(await dialog.getByRole('button', { name: 'Promote' }).isEnabled(), false)
      const init = { method: 'POST', headers: { 'x-sluice-request': '1', 'content-type': 'application/json' }, body: '{}' }
      const status = await page.evaluate(async ([path, options]) => (await fetch(path, options)).status, [
        `${rollout}/actions/promote`,
        init,
      ] as const)
      assert.equal(status, 403)
    } finally {
      await browser?.close()
    }
    await assertUntouched()
  })

  test('a steerer may not change the image, and promotes with the right to patch Rollouts alone', async () => {
    const cookie = await signIn(steerer)
    const headers = { cookie, ...OWN }
    const image = { container: 'app', image: 'registry.example/web:v9' }
    assertRefused(
      await ask(dashboard.port, `${rollout}/actions/set-image`, { method: 'POST', headers, body: image }),
      'set image',
    )
    await assertUntouched()
    const { possible, seen } = await get<ActionPreview>(`${rollout}/actions/promote`, cookie)
    assert.equal(possible, true)
    const done = await ask(dashboard.port, `${rollout}/actions/promote`, { method: 'POST', headers, body: { seen } })
    assert.equal(done.status, 200, JSON.stringify(done.body))
    await web.until('promotion', ({ phase }) => phase === 'Healthy')
  })
})
