/** Admission's say about a write, with defaults before and after. */
import type { Operation } from '../admission/chain.ts'
import type { Api } from '../api.ts'
import type { Call } from '../call.ts'
import { type Draft, draftOf, type JsonObject } from '../json.ts'
import { toStored } from './convert.ts'
import { reviewOf } from './review.ts'

/** Takes away what the schema does not know and fills in defaults. */
export const normalise = (call: Call, draft: Draft): void => {
  call.kind.behaviour.prune?.(draft)
  call.kind.behaviour.setDefaults?.(draft)
}

/** The object after defaults and the mutating admission plugins; a new draft. */
export const settle = async (
  api: Api,
  call: Call,
  write: { operation: Operation; name: string; draft: Draft; old: JsonObject | null },
): Promise<Draft> => {
  normalise(call, write.draft)
  const review = reviewOf(call, { operation: write.operation, name: write.name, object: write.draft, oldObject: write.old })
  const admitted = await api.admission.mutate(review, draft => normalise(call, draft))
  if (admitted === review.object) return write.draft
  return draftOf(toStored(call.kind, admitted))
}

/** The validating plugins' say about the object as it is going to be stored. */
export const admit = (
  api: Api,
  call: Call,
  write: { operation: Operation; name: string; object: JsonObject | null; old: JsonObject | null },
): Promise<void> =>
  api.admission.validate(
    reviewOf(call, { operation: write.operation, name: write.name, object: write.object, oldObject: write.old }),
  )
