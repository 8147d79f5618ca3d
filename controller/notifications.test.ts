import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startWebServer, type WebServer } from '../analysis/testing/web-server.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { ApiError } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import { catalogue } from '../notifications/catalogue.ts'
import { NOTIFIED_ANNOTATION } from '../notifications/plan.ts'
import { type MailServer, startMailServer } from '../notifications/testing/mail-server.ts'
import { makeNotifier, type Notifier, type Sent } from './notifications.ts'

type Stored = KubeObject & { data?: { [key: string]: string } }
const SUBSCRIBED = {
  'notifications.argoproj.io/subscribe.on-rollout-completed.ci': '',
  'notifications.argoproj.io/subscribe.on-rollout-paused.ci': '',
  'notifications.argoproj.io/subscribe.on-analysis-run-failed.ci': '',
  'notifications.argoproj.io/subscribe.on-rollout-aborted.email': 'ann@example.com; bob@example.com',
}
const object = (kind: string, name: string, rest: object = {}): Stored => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop', ...rest },
})

describe('people are told', () => {
  let server: WebServer
  let mailServer: MailServer
  let notifier: Notifier
  let stored: Map<string, Stored>
  const lines: string[] = []
  const observed: Sent[] = []
  const noted = (level: string) => (message: string, fields?: object) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const log: Logger = { debug: noted('debug'), info: noted('info'), warn: noted('warn'), error: noted('error'), with: () => log }
  /** As much of an API server as is asked: objects by plural and name, and merge patches of annotations. */
  const client: Pick<KubeClient, 'get' | 'patch'> = {
    get: async <T extends KubeObject>({ plural }: { readonly plural: string }, { name }: { readonly name: string }) => {
      const found = stored.get(`${plural}/${name}`)
      if (found === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: `${name} not found` })
      return found as unknown as T
    },
    patch: async <T extends KubeObject>(
      { plural }: { readonly plural: string },
      { name }: { readonly name: string },
      _: string,
      body: unknown,
    ) => {
      const before = stored.get(`${plural}/${name}`)
      assert.ok(before)
      const { annotations } = (body as KubeObject).metadata
      const next = {
        ...before,
        metadata: { ...before.metadata, annotations: { ...before.metadata.annotations, ...annotations } },
      }
      stored.set(`${plural}/${name}`, next)
      return next as unknown as T
    },
  }

  before(async () => {
    server = await startWebServer(() => ({}))
    mailServer = await startMailServer({ login: 'me:hunter2' })
    const data = {
      ...catalogue(),
      'service.email': `host: localhost\nport: ${mailServer.port}\nusername: me\npassword: $token\nfrom: sluice@example.com\n`,
      'service.webhook.ci': `url: ${server.origin}\nheaders: [{name: x-token, value: $token}]\n`,
      'trigger.on-rollout-completed': '- send: [told]',
      'trigger.on-rollout-paused': '- when: rollout.metadata.name == "web"\n  send: [told]',
      'trigger.on-analysis-run-failed': '- send: [told]',
      'template.told':
        'webhook: {ci: {method: POST, path: "/{{.rollout.kind}}/{{.rollout.metadata.name}}", body: "{{len .analysisRuns}} runs"}}',
    }
    stored = new Map([
      ['configmaps/argo-rollouts-notification-configmap', { ...object('ConfigMap', 'c'), data }],
      [
        'secrets/argo-rollouts-notification-secret',
        { ...object('Secret', 's'), data: { token: Buffer.from('hunter2').toString('base64') } },
      ],
      ['rollouts/web', object('Rollout', 'web', { uid: 'u1', annotations: SUBSCRIBED })],
      ['rollouts/own', object('Rollout', 'own', { uid: 'u3', annotations: SUBSCRIBED })],
      ['rollouts/api', object('Rollout', 'api', { uid: 'u2' })],
    ])
    const analysisRuns = () => [object('AnalysisRun', 'web-1')]
    notifier = makeNotifier({
      client,
      clock: systemClock,
      log,
      systemNamespace: 'sluice-system',
      analysisRuns,
      isUsersOwn: (_, name) => name === 'own',
      http: { ca: mailServer.ca },
      observe: sent => void observed.push(sent),
    })
  })
  after(async () => {
    notifier.stop()
    await notifier.flush()
    await server.close()
    await mailServer.close()
  })
  const tell = async (about: KubeObject, reason: string): Promise<readonly string[]> => {
    server.asked.length = 0
    notifier.tell(about, { type: 'Normal', reason, message: '' })
    await notifier.flush()
    return server.asked.map(({ path, body }) => `${path} ${body}`)
  }
  const rollout = object('Rollout', 'web')

  test('of each event of a Rollout that they subscribed to, with the secret of the service', async () => {
    assert.deepEqual(await tell(rollout, 'RolloutCompleted'), ['/Rollout/web 1 runs'])
    assert.equal(server.asked[0]?.headers['x-token'], 'hunter2')
    assert.deepEqual(await tell(rollout, 'RolloutCompleted'), ['/Rollout/web 1 runs'])
  })
  test('and each notification is reported with its event, its time and whether it was accepted', async () => {
    observed.length = 0
    await tell(rollout, 'RolloutCompleted')
    server.setRespond(() => ({ status: 400 }))
    await tell(object('Deployment', 'api', { annotations: SUBSCRIBED }), 'RolloutCompleted')
    server.setRespond(() => ({}))
    assert.ok(observed.every(({ seconds }) => seconds >= 0))
    const event = { namespace: 'shop', type: 'Normal', reason: 'RolloutCompleted' }
    assert.deepEqual(
      observed.map(({ seconds: _, ...rest }) => rest),
      [
        { ...event, name: 'web', isSent: true },
        { ...event, name: 'api', isSent: false },
      ],
    )
  })
  test('of nothing else', async () => {
    assert.deepEqual(await tell(rollout, 'RolloutUpdated'), [])
    assert.deepEqual(await tell(object('Rollout', 'api'), 'RolloutCompleted'), [])
    assert.deepEqual(await tell(object('ReplicaSet', 'web'), 'RolloutCompleted'), [])
  })
  test('by mail with a ready template, each recipient with a mail of their own', async () => {
    await tell(rollout, 'RolloutAborted')
    assert.deepEqual(
      mailServer.received.map(({ to, login }) => [to, login]),
      [
        [['ann@example.com'], 'me:hunter2'],
        [['bob@example.com'], 'me:hunter2'],
      ],
    )
    assert.match(mailServer.received[0]?.source ?? '', /^Subject: shop\/web: the update was aborted/m)
  })
  test('of an annotated Deployment, by its own annotations and with the Rollout made for it', async () => {
    assert.deepEqual(await tell(object('Deployment', 'api', { annotations: SUBSCRIBED }), 'RolloutCompleted'), [
      '/Rollout/api 1 runs',
    ])
  })
  test('of an AnalysisRun of a Rollout, which the Rollout is asked for', async () => {
    const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'u1', controller: true }
    assert.deepEqual(await tell(object('AnalysisRun', 'web-1', { ownerReferences: [owner] }), 'AnalysisRunFailed'), [
      '/Rollout/web 1 runs',
    ])
  })
  test('once of the AnalysisRun of a Rollout that records the end of its runs itself', async () => {
    const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'own', uid: 'u3', controller: true }
    assert.deepEqual(await tell(object('AnalysisRun', 'own-1', { ownerReferences: [owner] }), 'AnalysisRunFailed'), [])
    assert.deepEqual(await tell(object('Rollout', 'own'), 'AnalysisRunFailed'), ['/Rollout/own 1 runs'])
  })
  test('once while a condition holds: what was told is noted on the Rollout', async () => {
    assert.equal((await tell(rollout, 'RolloutPaused')).length, 1)
    assert.deepEqual(await tell(rollout, 'RolloutPaused'), [])
    const note = stored.get('rollouts/web')?.metadata.annotations?.[NOTIFIED_ANNOTATION] ?? ''
    assert.match(note, /^\{"on-rollout-paused:\[0\]\.[A-Za-z0-9_-]{27}:ci:":\d+\}$/)
  })
  test('in the log there is who was told, and no secret', async () => {
    server.setRespond(() => ({ status: 400, body: 'bad token hunter2' }))
    await tell(rollout, 'RolloutCompleted')
    assert.match(lines.join('\n'), /info people were told .*"service":"ci"/)
    assert.match(lines.join('\n'), /warn people could not be told .*answered 400: bad token \*\*\*\*\*/)
    assert.doesNotMatch(lines.join('\n'), /hunter2/)
  })
})
