/**
 * Holding a Deployment: the four fields that make the native controller write nothing to the ReplicaSets, and the one patch
 * that gives the user's own values back. `paused: false` alone, with Recreate left in, would be an outage.
 */
import { type JsonPatchOp, pointer } from './json-patch.ts'
import type { Deployment, DeploymentStrategyField, PodTemplate } from './kubernetes.ts'
import { SAVED, STABLE_TEMPLATE } from './names.ts'

/** The user's values of the four fields; absent = the field was absent. */
export type SavedFields = {
  readonly paused?: boolean
  readonly strategy?: DeploymentStrategyField
  readonly revisionHistoryLimit?: number
  readonly progressDeadlineSeconds?: number
}

type Held = keyof SavedFields

/** The largest int32: no history is cleaned up, no progress deadline runs. */
export const NO_LIMIT = 2147483647

const HOLD = {
  paused: true,
  strategy: { type: 'Recreate' },
  revisionHistoryLimit: NO_LIMIT,
  progressDeadlineSeconds: NO_LIMIT,
} as const satisfies Required<SavedFields>

const FIELDS: readonly Held[] = ['paused', 'strategy', 'revisionHistoryLimit', 'progressDeadlineSeconds']

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sameJson = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) || Array.isArray(b) || !isRecord(a) || !isRecord(b)) return JSON.stringify(a) === JSON.stringify(b)
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every(key => sameJson(a[key], b[key]))
}

/** True from the answer that paused the Deployment until the patch that gives everything back. */
export const isHeld = (deployment: Deployment): boolean => deployment.metadata.annotations?.[SAVED] !== undefined

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const decodeSaved = (value: unknown): SavedFields | undefined => {
  if (!isRecord(value)) return undefined
  const { paused, strategy, revisionHistoryLimit, progressDeadlineSeconds } = value
  return {
    ...(typeof paused === 'boolean' && { paused }),
    // The API server validated this strategy when the user applied it, and validates it again when it is given back.
    ...(isRecord(strategy) && { strategy: strategy as DeploymentStrategyField }),
    ...(typeof revisionHistoryLimit === 'number' && { revisionHistoryLimit }),
    ...(typeof progressDeadlineSeconds === 'number' && { progressDeadlineSeconds }),
  }
}

/**
 * The user's fields that were put aside; undefined when nothing is held. A note that is not JSON (someone edited it) reads as
 * `{}`: Kubernetes' own defaults (unpaused, RollingUpdate 25 %, 10 revisions, 600 s) are then what is given back.
 */
export const savedFields = (deployment: Deployment): SavedFields | undefined => {
  const note = deployment.metadata.annotations?.[SAVED]
  return note === undefined ? undefined : (decodeSaved(parseJson(note)) ?? {})
}

/** Ops that set one annotation; none when it is set already. */
const annotationOps = (
  annotations: { readonly [key: string]: string } | undefined,
  key: string,
  value: string,
): JsonPatchOp[] => {
  if (annotations?.[key] === value) return []
  if (annotations === undefined) return [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }]
  return [{ op: annotations[key] === undefined ? 'add' : 'replace', path: pointer('metadata', 'annotations', key), value }]
}

/** Ops that bring one field of the spec to a value, `undefined` = absent; none when it is there already. */
const fieldOps = (deployment: Deployment, field: string, value: unknown): JsonPatchOp[] => {
  const spec: { readonly [field: string]: unknown } = deployment.spec
  const current = spec[field]
  const path = pointer('spec', field)
  if (value === undefined) return current === undefined ? [] : [{ op: 'remove', path }]
  if (current !== undefined && sameJson(current, value)) return []
  return [{ op: current === undefined ? 'add' : 'replace', path, value }]
}

/** A strategy applied over the held one: a merge may have left `type: Recreate` beside the user's `rollingUpdate`. */
const wishedStrategy = (current: DeploymentStrategyField, saved: DeploymentStrategyField | undefined): DeploymentStrategyField =>
  current.type === 'Recreate' && current.rollingUpdate ? { ...current, type: saved?.type ?? 'RollingUpdate' } : current

/** Fields of the Deployment as the user wants them: what stands there, except where it is only our own hold. */
const wishedFields = (deployment: Deployment): SavedFields => {
  const { paused, strategy, revisionHistoryLimit, progressDeadlineSeconds } = deployment.spec
  const current: SavedFields = {
    ...(paused !== undefined && { paused }),
    ...(strategy !== undefined && { strategy }),
    ...(revisionHistoryLimit !== undefined && { revisionHistoryLimit }),
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
  }
  const saved = savedFields(deployment)
  if (saved === undefined) return current
  const wished: { -readonly [K in Held]?: SavedFields[K] } = { ...saved }
  if (paused !== true && saved.paused) wished.paused = false
  if (strategy && !sameJson(strategy, HOLD.strategy)) wished.strategy = wishedStrategy(strategy, saved.strategy)
  if (revisionHistoryLimit !== undefined && revisionHistoryLimit !== NO_LIMIT) wished.revisionHistoryLimit = revisionHistoryLimit
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== NO_LIMIT) {
    wished.progressDeadlineSeconds = progressDeadlineSeconds
  }
  return wished
}

/**
 * The ops that hold the Deployment: paused, Recreate, no limits, and the user's values in one annotation. On a Deployment that
 * is held already they repair what an apply changed, and what it changed becomes the value to give back. None when all is held.
 */
export const holdOps = (deployment: Deployment): JsonPatchOp[] => {
  const wished = wishedFields(deployment)
  const saved = savedFields(deployment)
  const keep = saved !== undefined && sameJson(saved, wished)
  const annotations = deployment.metadata.annotations
  return [
    ...(keep ? [] : annotationOps(annotations, SAVED, JSON.stringify(wished))),
    ...FIELDS.flatMap(field => fieldOps(deployment, field, HOLD[field])),
  ]
}

export type GiveBack = {
  /** templateHash() of the version that is stable now. */
  readonly stableTemplate: string
  /** Also put this template into the Deployment: going back to the stable version while opting out. */
  readonly template?: PodTemplate
}

/**
 * The one patch that gives everything back: all four fields as the user had them, the note removed, the stable version noted,
 * and optionally the template replaced. Send it whole and with the resourceVersion tested. On a Deployment that is not held it
 * only notes the stable version (and replaces the template).
 */
export const giveBackOps = (deployment: Deployment, { stableTemplate, template }: GiveBack): JsonPatchOp[] => {
  const saved = savedFields(deployment)
  const fields = saved === undefined ? [] : FIELDS.flatMap(field => fieldOps(deployment, field, saved[field]))
  const note: JsonPatchOp[] = saved === undefined ? [] : [{ op: 'remove', path: pointer('metadata', 'annotations', SAVED) }]
  return [
    ...(template === undefined ? [] : fieldOps(deployment, 'template', template)),
    ...fields,
    ...annotationOps(deployment.metadata.annotations, STABLE_TEMPLATE, stableTemplate),
    ...note,
  ]
}
