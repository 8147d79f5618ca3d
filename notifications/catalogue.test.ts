/** The ready templates, filled in with Rollouts as they are and handed to every service. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json } from '../analysis/providers/json.ts'
import { catalogue } from './catalogue.ts'
import { readConfig } from './config.ts'
import { type Notification, renderNotification } from './message.ts'
import { SERVICES } from './services/registry.ts'
import type { NotificationService } from './services/service.ts'

const config = readConfig(catalogue(), {})

const HASH = '7b9c4d5f8x'
const run = (name: string, phase: string, hash = HASH) => ({
  metadata: { name, labels: { 'rollouts-pod-template-hash': hash } },
  status: { phase, message: `Metric "errors" is ${phase}` },
})
const rollout = (spec: object, status: object): Json => ({
  metadata: { namespace: 'shop', name: 'web' },
  spec: { replicas: 4, ...spec },
  status,
})
const CANARY = rollout(
  { strategy: { canary: { steps: [{ setWeight: 25 }, { pause: {} }] } } },
  {
    message: 'Step 2/2 (pause): it says "go"\nor \\ not',
    currentPodHash: HASH,
    currentStepIndex: 1,
    updatedReplicas: 1,
    canary: { weights: { canary: { weight: 25 } } },
  },
)
const BLUE_GREEN = rollout({ strategy: { blueGreen: { activeService: 'web' } } }, { currentPodHash: HASH, updatedReplicas: 4 })
const NEW = rollout({ strategy: { canary: {} } }, {})
const RUNS = [run('web-2', 'Failed'), run('web-1', 'Failed', 'older'), run('web-3', 'Running')]

const fill = (template: string, of: Json): Notification => {
  const filled = renderNotification(config, [template], { rollout: of, analysisRuns: RUNS, context: {}, secrets: {} })
  return 'notification' in filled ? filled.notification : assert.fail(filled.problem)
}

const OPTIONS: { readonly [type: string]: Json } = {
  slack: { token: 't' },
  teams: { recipientUrls: { me: 'https://teams.example.com/x' } },
  pagerdutyv2: { serviceKeys: { me: 'k' } },
  email: { host: 'mail.example.com', from: 'rollouts@example.com' },
}

test('the catalogue has the nine triggers of Argo Rollouts, and each sends a template that is there', () => {
  assert.deepEqual(config.problems, [])
  assert.deepEqual([...config.triggers.keys()].sort(), [
    'on-analysis-run-error',
    'on-analysis-run-failed',
    'on-analysis-run-running',
    'on-rollout-aborted',
    'on-rollout-completed',
    'on-rollout-paused',
    'on-rollout-step-completed',
    'on-rollout-updated',
    'on-scaling-replica-set',
  ])
  const sent = [...config.triggers.values()].flat().flatMap(({ when, templates }) => (when === '' ? templates : []))
  assert.deepEqual([...sent].sort(), [...config.templates.keys()].sort())
})

/** What of it a service cannot send; undefined: nothing. */
const problemOf = (service: NotificationService, notification: Notification): string | undefined => {
  const telling = { name: service.type, options: OPTIONS[service.type] ?? {}, recipient: 'me', notification }
  const made = 'request' in service ? service.request(telling) : service.mail(telling)
  return 'problem' in made ? made.problem : undefined
}

describe('a ready template can be sent by every service but a webhook, whatever the Rollout is:', () => {
  // A webhook's fields are under a name that only its user knows.
  const services = SERVICES.filter(({ type }) => type !== 'webhook')
  for (const template of config.templates.keys()) {
    test(template, () => {
      for (const one of [CANARY, BLUE_GREEN, NEW]) {
        const notification = fill(template, one)
        assert.doesNotMatch(JSON.stringify(notification), /no value|\{\{|null/)
        const problems = services.map(service => problemOf(service, notification))
        assert.deepEqual(
          problems,
          services.map(() => undefined),
        )
      }
    })
  }
})

describe('what people read', () => {
  test('of a pause is why and what would end it, how far it is, and its share of the traffic', () => {
    const { message, email, slack } = fill('rollout-paused', CANARY) as {
      readonly message: string
      readonly email: { readonly subject: string; readonly body: string }
      readonly slack: { readonly attachments: string }
    }
    assert.equal(message, 'shop/web: the update is paused: Step 2/2 (pause): it says "go"\nor \\ not')
    assert.equal(email.subject, 'shop/web: the update is paused')
    assert.equal(
      email.body,
      `${message}\n\nStrategy: canary\nVersion: ${HASH}\nSteps done: 1 of 2\nTraffic of the new version: 25 %\n`,
    )
    const [{ color, fields }] = JSON.parse(slack.attachments)
    assert.equal(color, '#ecb22e')
    assert.deepEqual(
      fields.map(({ title, value }: { readonly title: string; readonly value: string }) => `${title}: ${value}`),
      ['Strategy: canary', `Version: ${HASH}`, 'Steps done: 1 of 2', 'Traffic of the new version: 25 %'],
    )
  })
  test('of a bad analysis are the runs of this version that say so', () => {
    const { message } = fill('analysis-run-failed', CANARY)
    assert.equal(message, 'shop/web: an analysis says that the new version is bad\nweb-2: Metric "errors" is Failed')
  })
  test('of a blue-green Rollout has no steps and no shares', () => {
    const { email } = fill('rollout-aborted', BLUE_GREEN) as { readonly email: { readonly body: string } }
    assert.match(email.body, /version\n\nStrategy: blue-green\nVersion: 7b9c4d5f8x\n$/)
  })
})
