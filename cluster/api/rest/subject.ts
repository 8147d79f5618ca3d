/** What the messages about a call's object name. */
import type { Call } from '../call.ts'
import type { Subject } from '../failure.ts'
import type { Kind } from '../kind.ts'
import type { StoreKey } from '../store.ts'

export const subjectOf = (kind: Kind, name: string): Subject => ({ group: kind.group, plural: kind.plural, name })

export const keyOf = (call: Pick<Call, 'kind' | 'namespace'>, name: string): StoreKey => ({
  storage: call.kind.storage,
  namespace: call.kind.namespaced ? call.namespace : undefined,
  name,
})
