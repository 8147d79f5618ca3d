import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readConfig } from './config.ts'
import { destinationsOf, triggerOf } from './destinations.ts'
import { renderNotification } from './message.ts'
import { type Happened, nextNotified, planNotifications, readNotified } from './plan.ts'

const NOW = 1_700_000_000_000
const DATA = {
  'service.slack': 'token: $slack-token\n',
  'service.webhook.ci': 'url: https://ci.example.com/$none',
  'trigger.on-rollout-completed': '- send: [done]\n',
  'trigger.on-rollout-paused': "- when: rollout.status.phase == 'Paused'\n  send: [done]\n",
  'trigger.on-rollout-updated': '- when: "true"\n  oncePer: rollout.status.currentPodHash\n  send: [done]\n',
  'template.done':
    'message: "{{.rollout.metadata.name}} is done"\nslack:\n  attachments: "[{\\"title\\": \\"{{.rollout.metadata.name}}\\"}]"\n',
  subscriptions: '- recipients: [slack:all, ci]\n  triggers: [on-rollout-completed]\n  selector: team=shop\n',
}
const config = readConfig(DATA, { 'slack-token': 'xoxb-1' })
const happened = (reason: string, rest: Partial<Happened> = {}): Happened => ({
  reason,
  annotations: { [`notifications.argoproj.io/subscribe.${triggerOf(reason)}.slack`]: 'releases' },
  labels: {},
  variables: {
    rollout: { metadata: { name: 'web' }, status: { phase: 'Paused', currentPodHash: 'abc' } },
    analysisRuns: [],
    context: {},
  },
  notified: {},
  now: NOW,
  ...rest,
})

describe('the ConfigMap', () => {
  test('has its secrets put into services, and says which are missing', () => {
    assert.deepEqual(config.services.get('slack'), { type: 'slack', options: { token: 'xoxb-1' } })
    assert.deepEqual(config.services.get('ci'), { type: 'webhook', options: { url: 'https://ci.example.com/$none' } })
    assert.deepEqual(config.problems, ['service.webhook.ci: the Secret argo-rollouts-notification-secret has no key none'])
  })
  test('with a key that is no YAML still has the others, and never quotes what stands there', () => {
    const broken = readConfig({ ...DATA, 'service.teams': 'recipientUrls: {a: "hunter2', 'trigger.on-x': 'send: [a]' }, {})
    assert.match(broken.problems.join('\n'), /service\.teams is no YAML \(line 1\)/)
    assert.match(broken.problems.join('\n'), /trigger\.on-x must be a list, e\.g\./)
    assert.doesNotMatch(broken.problems.join('\n'), /hunter2/)
    assert.ok(broken.templates.has('done'))
  })
})

describe('who is told', () => {
  test('a trigger is named after the reason of the event', () => {
    assert.equal(triggerOf('RolloutStepCompleted'), 'on-rollout-step-completed')
    assert.equal(triggerOf('ScalingReplicaSet'), 'on-scaling-replica-set')
  })
  test('each recipient of the annotation and of the subscriptions that select the Rollout, once', () => {
    const annotations = {
      'notifications.argoproj.io/subscribe.on-rollout-completed.slack': 'a; b;a',
      'notifications.argoproj.io/subscribe.on-rollout-completed.ci': '',
      'notifications.argoproj.io/subscribe.on-rollout-paused.slack': 'c',
    }
    const told = (labels: { readonly [key: string]: string }) =>
      destinationsOf('on-rollout-completed', { annotations, labels }, config.subscriptions).map(
        one => `${one.service}:${one.recipient}`,
      )
    assert.deepEqual(told({}), ['slack:a', 'slack:b', 'ci:'])
    assert.deepEqual(told({ team: 'shop' }), ['slack:a', 'slack:b', 'ci:', 'slack:all'])
  })
  test('nobody where the trigger is not in the ConfigMap, which is no fault', () => {
    assert.deepEqual(planNotifications(config, happened('RolloutDeleted')), { toSend: [], forget: [], problems: [] })
  })
})

describe('a trigger', () => {
  const destination = { service: 'slack', recipient: 'releases' }
  test('without a condition tells every event', () => {
    assert.deepEqual(planNotifications(config, happened('RolloutCompleted')).toSend, [{ destination, templates: ['done'] }])
  })
  test('with a condition tells once, until the condition has not held in between', () => {
    const [first] = planNotifications(config, happened('RolloutPaused')).toSend
    // With the SHA-1 of the condition.
    assert.match(first?.key ?? '', /^on-rollout-paused:\[0\]\.[A-Za-z0-9_-]{27}:slack:releases$/)
    const annotation = nextNotified({}, [first?.key ?? ''], [], NOW)
    const notified = readNotified(annotation ?? undefined)
    assert.deepEqual(Object.values(notified), [1_700_000_000])
    assert.deepEqual(planNotifications(config, happened('RolloutPaused', { notified })).toSend, [])
    const variables = { ...happened('').variables, rollout: { status: { phase: 'Healthy' } } }
    const over = planNotifications(config, happened('RolloutPaused', { notified, variables }))
    assert.deepEqual([over.toSend, over.forget], [[], [first?.key]])
    assert.equal(nextNotified(notified, [], over.forget, NOW), null)
  })
  test('with oncePer tells once for each value', () => {
    const [first] = planNotifications(config, happened('RolloutUpdated')).toSend
    assert.match(first?.key ?? '', /^abc:on-rollout-updated:\[0\]\./)
    const notified = { [first?.key ?? '']: 1 }
    assert.deepEqual(planNotifications(config, happened('RolloutUpdated', { notified })).toSend, [])
    const variables = { ...happened('').variables, rollout: { status: { currentPodHash: 'def' } } }
    assert.equal(planNotifications(config, happened('RolloutUpdated', { notified, variables })).toSend.length, 1)
  })
  test('with a condition that cannot be evaluated says so and tells nobody', () => {
    const wrong = readConfig(
      { ...DATA, 'trigger.on-rollout-paused': '- when: rollout.status.phase +\n  send: [done]\n- when: "1"\n' },
      {},
    )
    const { toSend, problems } = planNotifications(wrong, happened('RolloutPaused'))
    assert.deepEqual(toSend, [])
    assert.match(problems[0] ?? '', /^trigger\.on-rollout-paused\[0\]: when: unexpected token/)
    assert.equal(problems[1], 'trigger.on-rollout-paused[1]: when: "1" is neither true nor false')
  })
})

test('of the notifications that were sent the newest hundred are remembered', () => {
  const before = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i]))
  const kept = readNotified(nextNotified(before, ['new'], [], NOW) ?? undefined)
  assert.equal(Object.keys(kept).length, 100)
  assert.ok('new' in kept && !('k0' in kept))
  assert.deepEqual(readNotified('no JSON'), {})
})

test('every text of a template is filled in; a template that is wrong or missing is named', () => {
  const filled = renderNotification(config, ['done'], { rollout: { metadata: { name: 'web' } } })
  assert.deepEqual(filled, { notification: { message: 'web is done', slack: { attachments: '[{"title": "web"}]' } } })
  assert.deepEqual(renderNotification(config, ['none'], {}), { problem: 'template.none is not in the ConfigMap' })
  const wrong = readConfig({ 'template.a': 'message: "{{if}}"' }, {})
  assert.deepEqual(renderNotification(wrong, ['a'], {}), { problem: 'template.a.message: an action lacks a value' })
})
