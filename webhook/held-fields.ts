/** The four held fields and the note of the user's own values, as patches relative to the object of a request. */
import { giveBackOps, holdOps, savedFields } from '../api/hold.ts'
import { type JsonPatchOp, pointer } from '../api/json-patch.ts'
import type { Deployment } from '../api/kubernetes.ts'
import { SAVED } from '../api/names.ts'
import { shortHash } from '../api/template.ts'

const SAVED_PATH = pointer('metadata', 'annotations', SAVED)

const isSpec = (op: JsonPatchOp): boolean => op.path.startsWith('/spec/')

/** The Deployment with this note and no other. */
export const withNote = (deployment: Deployment, note: string | undefined): Deployment => {
  const { [SAVED]: _, ...annotations } = deployment.metadata.annotations ?? {}
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: note === undefined ? annotations : { ...annotations, [SAVED]: note } },
  }
}

export const noteOf = (deployment: Deployment): string | undefined => deployment.metadata.annotations?.[SAVED]

/** Paused with Recreate, as a hold leaves it. A note beside any other spec is a leftover (a ReplicaSet's copy of the annotations). */
export const looksHeld = ({ spec }: Deployment): boolean =>
  spec.paused === true && spec.strategy?.type === 'Recreate' && !spec.strategy.rollingUpdate

/** What holds the object: the note to carry and the operations on its spec. `note` is the one it already has a right to. */
export const hold = (
  object: Deployment,
  note: string | undefined,
): { readonly note: string; readonly specOps: readonly JsonPatchOp[] } => {
  const ops = holdOps(withNote(object, note))
  const written = ops.find(op => op.path === SAVED_PATH)
  return { note: typeof written?.value === 'string' ? written.value : (note ?? '{}'), specOps: ops.filter(isSpec) }
}

/** The operations on the spec that give back what the object's own note says. */
export const releaseOps = (object: Deployment): readonly JsonPatchOp[] =>
  giveBackOps(object, { stableTemplate: '' }).filter(isSpec)

/** True when the user wants the Deployment paused, whether it is held or not. */
export const isUserPaused = (object: Deployment): boolean => (savedFields(object) ?? object.spec).paused === true

/**
 * The API server may ask again about the object as we patched it, with the same old object. A note that we changed in the first
 * answer must survive that, while one that a person or `kubectl rollout undo` brings in must not: so a changed note says in `was`
 * which note it replaced.
 */
const fingerprint = (note: string): string => shortHash(note, 10)

const parse = (note: string): { readonly [key: string]: unknown } => {
  try {
    const value: unknown = JSON.parse(note)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

export const followUpNote = (note: string, replaced: string): string =>
  JSON.stringify({ ...parse(note), was: fingerprint(replaced) })

export const isFollowUp = (note: string | undefined, replaced: string): note is string =>
  note !== undefined && parse(note).was === fingerprint(replaced)
