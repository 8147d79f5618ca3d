import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWebServer } from '../analysis/testing/web-server.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import { makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, aRollout, healthy } from './testing/objects.ts'
import { run } from './testing/run.ts'

const apiWith = (url = 'http://127.0.0.1:9') => {
  const object = (kind: string, name: string, data: object): KubeObject =>
    Object.assign({ apiVersion: 'v1', kind, metadata: { name, namespace: 'sluice-system' } }, { data })
  const api = makeMemoryApi()
  api.put(
    aDeployment(),
    aRollout(healthy),
    object('ConfigMap', 'argo-rollouts-notification-configmap', {
      'service.webhook.ci': `url: ${url}\nheaders: [{name: x-token, value: $token}]\n`,
      'template.told':
        'message: "{{.rollout.metadata.name}} is {{.rollout.status.phase}}, {{.secrets.token}}"\nwebhook: {ci: {method: POST, body: "{{.rollout.metadata.name}}"}}',
      'trigger.on-rollout-paused': '- when: rollout.status.phase == "Paused"\n  send: [told]\n- send: [told]\n',
      'trigger.on-rollout-aborted': '- when: rollout.nothing +\n  send: [told]\n',
    }),
    object('Secret', 'argo-rollouts-notification-secret', { token: Buffer.from('hunter2').toString('base64') }),
  )
  return api
}

test('notifications template get and trigger get print what is configured, one by its name', async () => {
  const all = await run(apiWith(), 'notifications template get')
  assert.match(all.out, /^told:\n {2}message: /)
  const one = await run(apiWith(), 'notifications trigger get on-rollout-paused')
  assert.match(one.out, /^on-rollout-paused:\n {2}- when: rollout\.status\.phase == "Paused"/)
  const none = await run(apiWith(), 'notifications trigger get on-x')
  assert.deepEqual([none.code, /there are on-rollout-paused, on-rollout-aborted/.test(none.err)], [1, true])
})

test('notifications template notify prints the notification without its secrets', async () => {
  const { out, code } = await run(apiWith(), 'notifications template notify told web')
  assert.deepEqual([code, out], [0, 'message: web is Healthy, *****\nwebhook:\n  ci:\n    method: POST\n    body: web\n'])
})

test('notifications template notify sends it to a recipient', async t => {
  const server = await startWebServer(() => ({}))
  t.after(server.close)
  const { out, code } = await run(apiWith(server.origin), 'notifications template notify told web --recipient ci:')
  assert.deepEqual([code, out], [0, 'told by ci\n'])
  assert.deepEqual([server.asked[0]?.body, server.asked[0]?.headers['x-token']], ['web', 'hunter2'])
})

test('notifications trigger run says which conditions hold for a Rollout now', async () => {
  const { out, code } = await run(apiWith(), 'notifications trigger run on-rollout-paused web')
  assert.deepEqual([code, out], [0, '[0] rollout.status.phase == "Paused": sends nothing now\n[1] every event: sends told\n'])
  const wrong = await run(apiWith(), 'notifications trigger run on-rollout-aborted web')
  assert.equal(wrong.code, 1)
  assert.match(wrong.out, /^\[0\] rollout\.nothing \+: when: unexpected token/)
})

test('notifications takes its configuration from files', async () => {
  const files = { 'n.yaml': 'kind: ConfigMap\ndata:\n  template.mine: "message: hello {{.rollout.metadata.name}}"\n' }
  const line = 'notifications template notify mine web --config-map n.yaml --secret :empty'
  assert.deepEqual((await run(apiWith(), line, { files })).out, 'message: hello web\n')
})

test('notifications says what is missing', async () => {
  assert.match((await run(apiWith(), 'notifications template notify told')).err, /takes catalogue, template get \[NAME\]/)
  assert.match((await run(apiWith(), 'notifications template notify told gone')).err, /no Rollout gone in namespace shop/)
  assert.match((await run(makeMemoryApi(), 'notifications trigger get')).err, /no ConfigMap argo-rollouts-notification-configmap/)
})

test('notifications catalogue prints a ConfigMap that the other commands take', async () => {
  const printed = await run(makeMemoryApi(), 'notifications catalogue')
  assert.match(printed.out, /^apiVersion: v1\nkind: ConfigMap\nmetadata:\n {2}name: argo-rollouts-notification-configmap\n/)
  const files = { 'n.yaml': printed.out }
  const line = 'notifications template notify rollout-completed web --secret :empty --config-map'
  const fromFile = await run(apiWith(), `${line} n.yaml`, { files })
  assert.match(fromFile.out, /^message: "?shop\/web: the new version is now the stable one"?\n/)
  assert.equal((await run(apiWith(), `${line} :catalogue`)).out, fromFile.out)
})

test('notifications catalogue --apply makes the ConfigMap where there is none', async () => {
  const api = makeMemoryApi()
  const { out } = await run(api, 'notifications catalogue --apply')
  assert.match(
    out,
    /^added to ConfigMap argo-rollouts-notification-configmap in namespace sluice-system: trigger\.on-rollout-updated, /,
  )
  assert.deepEqual(
    api.writes.map(({ verb, kind }) => `${verb} ${kind}`),
    ['create ConfigMap'],
  )
})

test('notifications catalogue --apply leaves what the ConfigMap has as it is, and does nothing more the second time', async () => {
  const api = apiWith()
  const dataNow = () =>
    (api.read('ConfigMap', 'argo-rollouts-notification-configmap') as KubeObject & { data: { [key: string]: string } }).data
  const before = dataNow()
  const { out } = await run(api, 'notifications catalogue --apply')
  assert.match(out, /\nleft as they were: trigger\.on-rollout-paused, trigger\.on-rollout-aborted\n$/)
  for (const [key, text] of Object.entries(before)) assert.equal(dataNow()[key], text)
  assert.match(dataNow()['template.rollout-completed'] ?? '', /^message: /)
  const writes = api.writes.length
  assert.match((await run(api, 'notifications catalogue --apply')).out, /sluice-system: nothing\n/)
  assert.equal(api.writes.length, writes)
})
