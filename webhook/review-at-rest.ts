/** Updates of a Deployment that is not held: a pod template that is not the stable one starts the hold. */
import { ignoredSettings, readSettings } from '../api/annotations.ts'
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { Deployment } from '../api/kubernetes.ts'
import { SAVED, STABLE_TEMPLATE } from '../api/names.ts'
import { renderProblem } from '../api/problem.ts'
import { sameTemplate, templateHash } from '../api/template.ts'
import { allow, type Decision } from './admission.ts'
import { metadataOps } from './annotation-ops.ts'
import type { DeploymentUpdate } from './check-settings.ts'
import { hold, isUserPaused, looksHeld, noteOf, releaseOps, withNote } from './held-fields.ts'

export const reviewAtRest = (update: DeploymentUpdate): Decision => {
  const { settings, warnings } = update
  const wasOptedIn = readSettings(update.old.metadata.annotations).optedIn
  const { object, copied } = own(update.object)
  if (!settings.optedIn) return wasOptedIn ? leave(update, { object, copied }) : allow('pass', 'not opted in')
  // A note of an earlier time as an opted-in Deployment says nothing about the version that runs now.
  const stable = wasOptedIn ? update.old.metadata.annotations?.[STABLE_TEMPLATE] : undefined
  const why = newVersion(update.old, object, stable)
  if (why === undefined) return settle(update, { object, copied, stable, decision: 'pass', reason: 'no new version' })
  if (isUserPaused(object))
    return settle(update, { object, copied, stable, decision: 'user-paused', reason: `${why}, and paused by its owner` })
  const held = hold(object, noteOf(object))
  return allow('hold', why, {
    patch: [...metadataOps(update.object, 'annotations', { [SAVED]: held.note, [STABLE_TEMPLATE]: stable }), ...held.specOps],
    warnings: [...warnings, ...nativeWarning(update.old)],
  })
}

type Own = {
  /** The object, with the note only where its spec is a hold too. */
  readonly object: Deployment
  /** The object came with a hold: our own earlier answer, or a copy exported in mid-update. */
  readonly copied: boolean
}

const own = (object: Deployment): Own => {
  const copied = noteOf(object) !== undefined && looksHeld(object)
  return { object: copied ? object : withNote(object, undefined), copied }
}

/** Why the template has to be tried out; undefined when it is the stable one, or there is nothing left to try it against. */
const newVersion = (old: Deployment, object: Deployment, stable: string | undefined): string | undefined => {
  const isEdited = !sameTemplate(old.spec.template, object.spec.template)
  if (stable !== undefined && templateHash(object.spec.template) === stable) return undefined
  if (isEdited) return stable === undefined ? 'a new template' : 'not the template of the stable version'
  const wasPaused = old.spec.paused === true
  // Edited while its owner had it paused: the native controller begins with it now.
  if (wasPaused && !isUserPaused(object))
    return stable !== undefined || nativeUpdate(old) !== undefined ? 'a template from before it was un-paused' : undefined
  // Changed past the webhook. When all pods run it there is no other version left to send traffic to.
  return stable !== undefined && (wasPaused || nativeUpdate(old) !== undefined)
    ? 'a template that came past the webhook'
    : undefined
}

type Settled = Own & { readonly stable: string | undefined; readonly decision: 'pass' | 'user-paused'; readonly reason: string }

/** No hold: what a copy brought along is undone, and the stable version stays noted. */
const settle = (update: DeploymentUpdate, { object, copied, stable, decision, reason }: Settled): Decision => {
  const patch: readonly JsonPatchOp[] = [
    ...(copied ? releaseOps(object) : []),
    ...metadataOps(update.object, 'annotations', { [SAVED]: undefined, [STABLE_TEMPLATE]: stable }),
  ]
  return allow(decision, reason, { patch, warnings: update.warnings })
}

/** Opting out at rest takes effect at once and leaves no note behind. */
const leave = (update: DeploymentUpdate, { object, copied }: Own): Decision => {
  const patch: readonly JsonPatchOp[] = [
    ...(copied ? releaseOps(object) : []),
    ...metadataOps(update.object, 'annotations', { [SAVED]: undefined, [STABLE_TEMPLATE]: undefined }),
  ]
  const changes = !sameTemplate(update.old.spec.template, update.object.spec.template)
  return allow('opt-out', 'sluice.dev/strategy was removed', {
    patch,
    warnings: [...(changes ? [UNTRIED] : []), ...ignoredSettings(update.object.metadata.annotations).map(renderProblem)],
  })
}

const UNTRIED =
  'sluice.dev/strategy is gone with this update: Kubernetes rolls the new template out at once; put the annotation back to have it tried on part of the traffic first'

/** What the native controller has not finished; undefined when it has. */
const nativeUpdate = ({ metadata, spec, status }: Deployment): string | undefined => {
  const replicas = spec.replicas ?? 1
  const updated = status?.updatedReplicas ?? 0
  if (updated < replicas) return `${updated} of ${replicas} pods were updated`
  if ((status?.replicas ?? updated) > updated) return `${(status?.replicas ?? 0) - updated} old pods remain`
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return 'its last change was not seen yet'
  return undefined
}

const nativeWarning = (old: Deployment): readonly string[] => {
  const rest = old.spec.paused === true ? undefined : nativeUpdate(old)
  return rest === undefined
    ? []
    : [
        `the rolling update of ${old.metadata.name} by Kubernetes was not finished (${rest}): it stops here, and the new version is tried against the pods that are ready now`,
      ]
}
