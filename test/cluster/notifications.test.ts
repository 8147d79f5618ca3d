/** People are told of an update as it happens, by the real controller with the rights that it has. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startWebServer, type WebServer } from '../../analysis/testing/web-server.ts'
import { SLUICE_NAMESPACE } from '../../api/names.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { deploySubject } from './subject.ts'

const subscribe = (trigger: string) => `notifications.argoproj.io/subscribe.${trigger}.ci`
const isOnNode = process.env['SLUICE_LAB'] === 'node'

describe('notifications', { skip: isOnNode ? 'pods of a real node do not reach the loopback of this process' : false }, () => {
  let lab: Lab
  let server: WebServer
  before(async () => {
    server = await startWebServer(() => ({}))
    lab = await startLab({ sluice: true })
    const data = {
      'service.webhook.ci': `url: ${server.origin}\nheaders: [{name: x-token, value: $token}]\n`,
      'trigger.on-rollout-paused':
        '- send: [told]\n  when: rollout.status.phase == "Paused"\n  oncePer: rollout.status.currentPodHash',
      'trigger.on-rollout-completed': '- send: [told]',
      'trigger.on-rollout-step-completed': '- send: [step]',
      'template.step':
        'webhook: {ci: {method: POST, path: /step, body: "{{.rollout.metadata.name}}: {{.rollout.status.currentStepIndex}} done"}}',
      'template.told': 'webhook: {ci: {method: POST, path: "/{{.rollout.status.phase}}", body: "{{.rollout.metadata.name}}"}}',
    }
    const metadata = (name: string) => ({ name: `argo-rollouts-notification-${name}`, namespace: SLUICE_NAMESPACE })
    const secret = { data: { token: Buffer.from('hunter2').toString('base64') } }
    await apply(lab.client, [
      Object.assign({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('configmap') }, { data }),
      Object.assign({ apiVersion: 'v1', kind: 'Secret', metadata: metadata('secret') }, secret),
    ])
  })
  after(async () => {
    await lab.stop()
    await server.close()
  })

  test('a webhook hears of the pause of an annotated Deployment once, and of its end', async () => {
    const web = await deploySubject(lab, {
      name: 'told',
      annotations: {
        'sluice.dev/steps': '25%, pause',
        [subscribe('on-rollout-paused')]: '',
        [subscribe('on-rollout-completed')]: '',
      },
    })
    server.asked.length = 0
    await web.ship({ version: 'v2' })
    await waitFor({ what: 'the webhook to hear of the pause' }, async () => server.asked.some(({ path }) => path === '/Paused'))
    await lab.kubectl('patch', 'rollout', 'told', '--subresource=status', '--type=merge', '-p', '{"status":{"promoteFull":true}}')
    await web.until('the end', status => status.phase === 'Healthy' && status.stableRS === status.currentPodHash)
    await waitFor({ what: 'the webhook to hear of the end' }, async () => server.asked.some(({ path }) => path !== '/Paused'))
    assert.equal(server.asked.filter(({ path }) => path === '/Paused').length, 1)
    assert.ok(server.asked.every(({ body, headers }) => body === 'told' && headers['x-token'] === 'hunter2'))
  })

  test('of a step is told how far the rollout is after it', async () => {
    const web = await deploySubject(lab, {
      name: 'steps',
      annotations: { 'sluice.dev/steps': '25%, 50%, 75%, pause', [subscribe('on-rollout-step-completed')]: '' },
    })
    server.asked.length = 0
    await web.ship({ version: 'v2' })
    await web.until('the pause', status => status.phase === 'Paused')
    const told = () => server.asked.map(({ body }) => body).filter(body => body.startsWith('steps:'))
    await waitFor({ what: 'three steps to be told' }, async () => told().length === 3)
    assert.deepEqual(told(), ['steps: 1 done', 'steps: 2 done', 'steps: 3 done'])
  })
})
