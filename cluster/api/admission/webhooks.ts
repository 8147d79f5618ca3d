/** Mutating and validating admission webhooks, called as the API server calls them. */
import { randomUUID } from 'node:crypto'
import type { Api } from '../api.ts'
import { Failure, internalError } from '../failure.ts'
import { arrayOf, at, type Draft, draftOf, type JsonObject, numberOf, objectsOf, sameJson, textOf } from '../json.ts'
import { applyJsonPatch } from '../patch/json.ts'
import { namespaceOf } from '../rest/namespace-check.ts'
import type { AdmissionAttributes } from './chain.ts'
import { evaluateConditions, matchesRule, matchesSelectors } from './match.ts'
import { celVariables, requestFields } from './variables.ts'
import { callWebhook, type Webhook } from './webhook-call.ts'

const MUTATING = 'admissionregistration.k8s.io/mutatingwebhookconfigurations'
const VALIDATING = 'admissionregistration.k8s.io/validatingwebhookconfigurations'

/** A webhook cannot lock anybody out of repairing the webhooks. */
export const isExempt = ({ kind }: AdmissionAttributes): boolean => kind.group === 'admissionregistration.k8s.io'

const DEFAULT_TIMEOUT = 10

const webhooksOf = (api: Api, storage: string): readonly Webhook[] =>
  api.store.list(storage).flatMap(configuration =>
    objectsOf(configuration['webhooks']).map(config => ({
      name: textOf(config['name']),
      config,
      timeoutSeconds: numberOf(config['timeoutSeconds']) ?? DEFAULT_TIMEOUT,
      failurePolicy: textOf(config['failurePolicy']) || 'Fail',
    })),
  )

const failed = (webhook: Webhook, error: unknown): Failure =>
  internalError(
    new Error(
      `failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: ${error instanceof Error ? error.message : String(error)}`,
    ),
  )

/** Is the webhook to be called for this request? Throws when its conditions cannot be evaluated and its policy is to fail. */
const isConcerned = (api: Api, webhook: Webhook, attributes: AdmissionAttributes): boolean => {
  const { config } = webhook
  const namespace = namespaceOf(api, attributes.namespace)
  if (!objectsOf(config['rules']).some(rule => matchesRule(rule, attributes))) return false
  if (!matchesSelectors(config, attributes, namespace)) return false
  const conditions = arrayOf(config['matchConditions'])
  if (conditions.length === 0) return true
  const result = evaluateConditions(conditions, celVariables(attributes, namespace))
  if ('met' in result) return result.met
  if (webhook.failurePolicy === 'Ignore') return false
  throw failed(webhook, new Error(result.error))
}

/** The refusal that a webhook's answer stands for (apiserver: pkg/admission/plugin/webhook/errors/statuserror.go). */
const denial = (webhook: Webhook, result: unknown): Failure => {
  const [message, reason] = [textOf(at(result, 'message')), textOf(at(result, 'reason'))]
  const code = numberOf(at(result, 'code')) ?? 0
  const by = `admission webhook ${JSON.stringify(webhook.name)} denied the request`
  const told = message || reason
  return new Failure(Math.max(code, 400), reason, told ? `${by}: ${told}` : `${by} without explanation`)
}

const reviewRequest = (attributes: AdmissionAttributes): JsonObject => ({
  uid: randomUUID(),
  ...requestFields(attributes),
  object: attributes.object,
  oldObject: attributes.oldObject,
})

/** The response of one webhook, or undefined when it could not be had and may be ignored. Throws what refuses the request. */
const ask = async (api: Api, webhook: Webhook, attributes: AdmissionAttributes): Promise<JsonObject | undefined> => {
  let response: JsonObject
  try {
    response = await callWebhook(api, webhook, reviewRequest(attributes))
  } catch (error) {
    if (webhook.failurePolicy === 'Ignore') return undefined
    throw failed(webhook, error)
  }
  for (const warning of arrayOf(response['warnings'])) attributes.warn(String(warning))
  if (response['allowed'] !== true) throw denial(webhook, response['status'])
  return response
}

const patched = (webhook: Webhook, object: JsonObject, response: JsonObject): JsonObject => {
  const patch = textOf(response['patch'])
  if (!patch) return object
  if (response['patchType'] !== 'JSONPatch')
    throw failed(webhook, new Error(`unsupported patch type ${JSON.stringify(response['patchType'])}; only "JSONPatch" is`))
  try {
    return applyJsonPatch(object, JSON.parse(Buffer.from(patch, 'base64').toString('utf8')))
  } catch (error) {
    throw failed(webhook, error)
  }
}

const mutateOnce = async (
  api: Api,
  webhook: Webhook,
  attributes: AdmissionAttributes,
  setDefaults: (draft: Draft) => void,
): Promise<JsonObject> => {
  const object = attributes.object ?? {}
  const response = await ask(api, webhook, attributes)
  const changed = response ? patched(webhook, object, response) : object
  if (changed === object || sameJson(changed, object)) return object
  const draft = draftOf(changed)
  setDefaults(draft)
  return draft
}

/** Calls the mutating webhooks in order; those with `reinvocationPolicy: IfNeeded` once more when a later one changed the object. */
export const mutateByWebhooks = async (
  api: Api,
  attributes: AdmissionAttributes,
  setDefaults: (draft: Draft) => void,
): Promise<JsonObject> => {
  let object = attributes.object ?? {}
  const seen = new Map<Webhook, JsonObject>()
  const run = async (webhook: Webhook): Promise<void> => {
    const current = { ...attributes, object }
    if (!isConcerned(api, webhook, current)) return
    object = await mutateOnce(api, webhook, current, setDefaults)
    seen.set(webhook, object)
  }
  const webhooks = webhooksOf(api, MUTATING)
  for (const webhook of webhooks) await run(webhook)
  for (const webhook of webhooks) {
    const left = seen.get(webhook)
    if (left && webhook.config['reinvocationPolicy'] === 'IfNeeded' && !sameJson(left, object)) await run(webhook)
  }
  return object
}

/** Calls all validating webhooks at once; the first of them that refuses, in their order, decides. */
export const validateByWebhooks = async (api: Api, attributes: AdmissionAttributes): Promise<void> => {
  const concerned = webhooksOf(api, VALIDATING).filter(webhook => isConcerned(api, webhook, attributes))
  const results = await Promise.allSettled(concerned.map(webhook => ask(api, webhook, attributes)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
