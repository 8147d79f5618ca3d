/** What the ConfigMap and the Secret of notifications say, in the form of Argo Rollouts. Pure. */
import { parse } from 'yaml'
import type { Json } from '../analysis/providers/json.ts'
import { asList, asObject } from '../analysis/providers/json.ts'
import type { LabelSelector } from '../api/kubernetes.ts'
import { parseSelector } from '../api/selector.ts'

export const CONFIG_MAP_NAME = 'argo-rollouts-notification-configmap'
export const SECRET_NAME = 'argo-rollouts-notification-secret'

export type ServiceConfig = { readonly type: string; readonly options: Json }
/** One of a trigger's conditions; without `when` each event is told. */
export type Condition = { readonly when: string; readonly oncePer: string; readonly templates: readonly string[] }
export type Subscription = {
  /** `SERVICE:RECIPIENT`, or a service alone. */
  readonly recipients: readonly string[]
  readonly triggers: readonly string[]
  /** Undefined: every Rollout. */
  readonly selector: LabelSelector | undefined
}

export type Config = {
  readonly services: ReadonlyMap<string, ServiceConfig>
  readonly templates: ReadonlyMap<string, Json>
  readonly triggers: ReadonlyMap<string, readonly Condition[]>
  readonly subscriptions: readonly Subscription[]
  readonly context: Json
  readonly secrets: { readonly [key: string]: string }
  /** One for each key that cannot be read; what is in the others holds. */
  readonly problems: readonly string[]
}

type Texts = { readonly [key: string]: string }

/** `$key` in any text of a service is what the Secret has under that key; a key that is not there stays as it is, and is a problem. */
const withSecrets = (value: unknown, secrets: Texts, missing: (key: string) => void): unknown => {
  if (Array.isArray(value)) return value.map(item => withSecrets(item, secrets, missing))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withSecrets(one, secrets, missing)]))
  }
  if (typeof value !== 'string') return value
  return value.replace(/\$([A-Za-z0-9_][A-Za-z0-9_.-]*)/g, (whole, key: string) => {
    const secret = Object.hasOwn(secrets, key) ? secrets[key] : undefined
    if (secret === undefined) missing(key)
    return secret ?? whole
  })
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const textsOf = (value: unknown): readonly string[] => asList(value).filter(one => typeof one === 'string')

const conditionOf = (value: unknown): Condition => {
  const { when, oncePer, send } = asObject(value)
  return { when: textOf(when).trim(), oncePer: textOf(oncePer).trim(), templates: textsOf(send) }
}

/** One with a selector that is none selects nothing. */
const subscriptionOf = (value: unknown, wrong: (why: string) => void): readonly Subscription[] => {
  const { recipients, triggers, selector } = asObject(value)
  const rest = { recipients: textsOf(recipients), triggers: textsOf(triggers) }
  if (textOf(selector) === '') return [{ ...rest, selector: undefined }]
  const read = parseSelector(textOf(selector))
  if ('selector' in read) return [{ ...rest, selector: read.selector }]
  wrong(`subscriptions: selector: ${read.problem}`)
  return []
}

const EXAMPLES: { readonly [kind: string]: string } = {
  trigger: 'must be a list, e.g. "- send: [rollout-completed]"',
  subscriptions: 'must be a list, e.g. "- recipients: [slack:releases]\\n  triggers: [on-rollout-aborted]"',
}

/** @param data of the ConfigMap @param secrets data of the Secret, decoded */
export const readConfig = (data: Texts, secrets: Texts): Config => {
  const services = new Map<string, ServiceConfig>()
  const templates = new Map<string, Json>()
  const triggers = new Map<string, readonly Condition[]>()
  const problems: string[] = []
  let subscriptions: readonly Subscription[] = []
  let context: Json = {}
  const read = (key: string, text: string): void => {
    const [kind = '', first = '', ...rest] = key.split('.')
    const value: unknown = parse(text)
    const name = [first, ...rest].join('.')
    if ((kind === 'trigger' || kind === 'subscriptions') && !Array.isArray(value)) problems.push(`${key} ${EXAMPLES[kind]}`)
    if (kind === 'service') {
      const missing = (secret: string) => problems.push(`${key}: the Secret ${SECRET_NAME} has no key ${secret}`)
      services.set(rest.join('.') || first, { type: first, options: asObject(withSecrets(value, secrets, missing)) })
    } else if (kind === 'template') templates.set(name, asObject(value))
    else if (kind === 'trigger') triggers.set(name, asList(value).map(conditionOf))
    else if (kind === 'subscriptions')
      subscriptions = asList(value).flatMap(one => subscriptionOf(one, why => problems.push(why)))
    else if (kind === 'context') context = asObject(value)
  }
  for (const [key, text] of Object.entries(data)) {
    try {
      read(key, text)
    } catch (error) {
      // The parser's own text quotes the source, in which there may be a credential.
      const { linePos } = error as { readonly linePos?: readonly { readonly line: number }[] }
      problems.push(`${key} is no YAML${linePos?.[0] === undefined ? '' : ` (line ${linePos[0].line})`}`)
    }
  }
  return { services, templates, triggers, subscriptions, context, secrets, problems }
}
