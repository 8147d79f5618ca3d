/** Admission's say about a write, with defaults before and after. */
import type { Operation } from '../admission/chain.ts'
import type { Api } from '../api.ts'
import type { Call } from '../call.ts'
import { at, type Draft, draftOf, type JsonObject, numberOf } from '../json.ts'
import type { ScalePaths } from '../kind.ts'
import { toStored } from './convert.ts'
import { reviewOf } from './review.ts'
import { setReplicas } from './scale-object.ts'

/** Takes away what the schema does not know and fills in defaults. */
export const normalise = (call: Call, draft: Draft): void => {
  call.kind.behaviour.prune?.(draft)
  call.kind.behaviour.setDefaults?.(draft)
}

/** Defaults are those of the stored version; objects that look different in this one get them when they are stored. */
const normaliseServed = (call: Call, draft: Draft): void => {
  if (call.subresource !== 'scale' && !call.kind.fromStorage) normalise(call, draft)
}

const withScale = (paths: ScalePaths, draft: Draft, scale: JsonObject): Draft => {
  setReplicas(draft, paths, numberOf(at(scale, 'spec', 'replicas')) ?? 0)
  return draft
}

/** The object after defaults and the mutating admission plugins; a new draft. */
export const settle = async (
  api: Api,
  call: Call,
  write: { operation: Operation; name: string; draft: Draft; old: JsonObject | null },
): Promise<Draft> => {
  normalise(call, write.draft)
  const review = reviewOf(call, { operation: write.operation, name: write.name, object: write.draft, oldObject: write.old })
  const admitted = await api.admission.mutate(review, draft => normaliseServed(call, draft))
  if (admitted === review.object) return write.draft
  return call.subresource === 'scale' && call.kind.scale
    ? withScale(call.kind.scale, write.draft, admitted)
    : draftOf(toStored(call.kind, admitted))
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
