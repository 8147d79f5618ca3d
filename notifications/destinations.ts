/** Who is told of a trigger: by annotations of the object, and by the subscriptions of the ConfigMap. Pure. */

import { matchesSelector } from '../api/selector.ts'
import type { Subscription } from './config.ts'

/** Before TRIGGER.SERVICE in the key of an annotation; the value lists recipients with `;`. */
export const SUBSCRIBE_PREFIX = 'notifications.argoproj.io/subscribe.'

export type Destination = { readonly service: string; readonly recipient: string }

type Texts = { readonly [key: string]: string }

/** By annotations. An empty value is one destination without a recipient, as webhooks have it. */
const annotated = (annotations: Texts, trigger: string): readonly Destination[] =>
  Object.entries(annotations).flatMap(([key, value]) => {
    const start = `${SUBSCRIBE_PREFIX}${trigger}.`
    if (!key.startsWith(start)) return []
    const service = key.slice(start.length)
    const recipients = value.split(';').map(one => one.trim())
    return recipients.filter((one, i) => one !== '' || i === 0).map(recipient => ({ service, recipient }))
  })

const subscribed = (subscriptions: readonly Subscription[], labels: Texts, trigger: string): readonly Destination[] =>
  subscriptions
    .filter(
      ({ triggers, selector }) => triggers.includes(trigger) && (selector === undefined || matchesSelector(selector, labels)),
    )
    .flatMap(({ recipients }) =>
      recipients.map(one => {
        const [service = '', ...rest] = one.split(':')
        return { service, recipient: rest.join(':') }
      }),
    )

/** Each once. */
export const destinationsOf = (
  trigger: string,
  { annotations, labels }: { readonly annotations: Texts; readonly labels: Texts },
  subscriptions: readonly Subscription[],
): readonly Destination[] => {
  const all = [...annotated(annotations, trigger), ...subscribed(subscriptions, labels, trigger)]
  return [...new Map(all.map(one => [`${one.service}:${one.recipient}`, one])).values()]
}

/** `RolloutStepCompleted` is on-rollout-step-completed. */
export const triggerOf = (reason: string): string => `on-${reason.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()}`
