/** Deployments: the settings are checked, and a new pod template of an opted-in one is held for the controller to try out. */

import { isHeld } from '../api/hold.ts'
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { Deployment } from '../api/kubernetes.ts'
import { BYPASS, CONTROLLER_USER, SAVED, STABLE_TEMPLATE } from '../api/names.ts'
import { type Problem, renderProblem } from '../api/problem.ts'
import { type AdmissionRequest, allow, type Decision, deny, type ReviewOptions, type View } from './admission.ts'
import { metadataOps } from './annotation-ops.ts'
import { checkSettings } from './check-settings.ts'
import { decodeBoth, decodeDeployment } from './decode-object.ts'
import { looksHeld, noteOf, releaseOps } from './held-fields.ts'
import { reviewAtRest } from './review-at-rest.ts'
import { reviewHeld } from './review-held.ts'
import { labelTemplate } from './sidecar-label.ts'

/** The native controller's own writes pass as the controller's do. */
const NATIVE_USER = 'system:serviceaccount:kube-system:deployment-controller'

export const reviewDeployment = (
  request: AdmissionRequest & { readonly object: unknown },
  _view: View,
  options: ReviewOptions,
): Decision => {
  const { controllerUser = CONTROLLER_USER } = options
  if (request.user === controllerUser || request.user === NATIVE_USER) return allow('pass', 'a controller writes')
  const decoded = decodeBoth(request, decodeDeployment)
  if (decoded.problem !== undefined) return deny(400, decoded.problem)
  const { object, old } = decoded
  if (object.metadata.annotations?.[BYPASS] === 'true') return allow('bypass', `${BYPASS} is set`, { warnings: [BYPASSED] })
  const settings = checkSettings(object, old, options)
  if (settings.refused.length > 0) return refuse(settings.refused)
  const labelled = labelTemplate(object, old)
  const update = { object: labelled.object, settings, warnings: settings.old.map(warnOld) }
  const decision =
    old === undefined
      ? reviewCreate(labelled.object)
      : isHeld(old)
        ? reviewHeld({ ...update, old })
        : reviewAtRest({ ...update, old })
  return { ...decision, patch: [...labelled.ops, ...decision.patch] }
}

const BYPASSED = `${BYPASS} is "true": Kubernetes carries out this update alone, without trying it on part of the traffic first; remove the annotation to go back to that`

const refuse = (problems: readonly Problem[]): Decision => deny(422, problems.map(renderProblem).join('; '))

const warnOld = (problem: Problem): string => `${renderProblem(problem)} (not new; updates are held until it is put right)`

/** The first version has nothing to be compared with. A copy of a held Deployment starts as its owner wrote it. */
const reviewCreate = (object: Deployment): Decision => {
  const copy = noteOf(object) !== undefined && looksHeld(object)
  const patch: readonly JsonPatchOp[] = [
    ...(copy ? releaseOps(object) : []),
    ...metadataOps(object, 'annotations', { [SAVED]: undefined, [STABLE_TEMPLATE]: undefined }),
  ]
  if (patch.length === 0) return allow('pass', 'a first version is not held')
  return allow('restore', 'a copy of another Deployment', { patch, warnings: copy ? [COPIED] : [] })
}

const COPIED =
  'spec.strategy, paused and limits: this copy was exported in the middle of an update; the values from before that update are restored from its annotation'
