/**
 * Services: labelled for the one opted-in Deployment whose pods they select, and kept detached while the routers carry their
 * traffic, whoever applies a selector again (a selector in mid-update would let every pod in by number, the version under test too).
 */
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { Labels, Service } from '../api/kubernetes.ts'
import { BYPASS, CONTROLLER_USER, DEPLOYMENT_LABEL, FRONTED_SERVICE_LABEL, SAVED_SELECTOR, SKIP_MIRROR } from '../api/names.ts'
import { savedSelector, selectsPods } from '../api/service-mode.ts'
import {
  type AdmissionRequest,
  allow,
  type Decision,
  type DecisionName,
  deny,
  type ReviewOptions,
  type View,
} from './admission.ts'
import { metadataOps, type WantedKeys } from './annotation-ops.ts'
import { decodeBoth, decodeService } from './decode-object.ts'

export const reviewService = (
  request: AdmissionRequest & { readonly object: unknown },
  view: View,
  { controllerUser = CONTROLLER_USER }: ReviewOptions,
): Decision => {
  if (request.user === controllerUser) return allow('pass', 'the controller writes')
  const decoded = decodeBoth(request, decodeService)
  if (decoded.problem !== undefined) return deny(400, decoded.problem)
  const { object, old } = decoded
  if (object.metadata.annotations?.[BYPASS] === 'true') return allow('bypass', `${BYPASS} is set`)
  if (object.metadata.labels?.[FRONTED_SERVICE_LABEL] !== undefined) return allow('pass', 'a private Service of a version')
  return decide(object, old !== undefined && savedSelector(old) !== undefined ? keepDetached(object, old) : attach(object), view)
}

/** The selector as it shall be and the notes about it; `given` = what the Service selects in the end, in whichever place. */
type Mode = {
  readonly decision: DecisionName
  readonly reason: string
  readonly selector: Labels | undefined
  readonly given: Labels | undefined
  readonly annotation: string | undefined
  readonly skipMirror: string | undefined
  /** The label to keep whatever is selected: routers and controller find a detached Service by it. */
  readonly label?: string
  readonly warnings: readonly string[]
}

const filled = (selector: Labels | null | undefined): Labels | undefined =>
  selector && Object.keys(selector).length > 0 ? selector : undefined

/** A detached Service: a selector that is applied goes into the annotation; what a replace leaves out comes back. */
const keepDetached = (object: Service, old: Service): Mode => {
  const applied = filled(object.spec.selector)
  const noted = savedSelector(object)
  const before = old.metadata.annotations?.[SAVED_SELECTOR]
  const label = old.metadata.labels?.[DEPLOYMENT_LABEL]
  // An annotation that is there and readable without a selector beside it is our own earlier answer, or was meant.
  const annotation =
    applied === undefined
      ? noted === undefined
        ? before
        : object.metadata.annotations?.[SAVED_SELECTOR]
      : saveSelector(applied, old)
  return {
    decision: 'keep-detached',
    reason:
      applied === undefined ? 'the routers carry its traffic' : 'a selector was applied while the routers carry its traffic',
    selector: undefined,
    given: applied ?? noted ?? savedSelector(old),
    annotation,
    skipMirror: old.metadata.labels?.[SKIP_MIRROR] ?? object.metadata.labels?.[SKIP_MIRROR],
    ...(label === undefined ? {} : { label }),
    warnings: applied !== undefined && annotation !== before ? [SELECTOR_LATER] : [],
  }
}

const SELECTOR_LATER = `spec.selector: an update is in progress and Sluice's routers carry this Service; the new selector is noted and put in place when the update ends`

/** The old text as long as it says the same, so that re-applying an unchanged manifest changes nothing. */
const saveSelector = (applied: Labels, old: Service): string | undefined =>
  sameLabels(applied, savedSelector(old)) ? old.metadata.annotations?.[SAVED_SELECTOR] : JSON.stringify(applied)

const sameLabels = (a: Labels, b: Labels | undefined): boolean => {
  const keys = Object.keys(a)
  return b !== undefined && keys.length === Object.keys(b).length && keys.every(key => a[key] === b[key])
}

/** A Service that is not detached: notes of an exported copy go, and its selector comes back from them if it has none. */
const attach = (object: Service): Mode => {
  const noted = savedSelector(object)
  const own = filled(object.spec.selector)
  const hasNotes = object.metadata.annotations?.[SAVED_SELECTOR] !== undefined
  return {
    decision: hasNotes ? 'restore' : 'pass',
    reason: hasNotes ? 'a copy that was exported in the middle of an update' : 'not detached',
    selector: own ?? noted,
    given: own ?? noted,
    annotation: undefined,
    skipMirror: hasNotes ? undefined : object.metadata.labels?.[SKIP_MIRROR],
    warnings:
      hasNotes && own === undefined && noted !== undefined
        ? [
            'spec.selector: this copy was exported in the middle of an update and has none; the selector is restored from its annotation',
          ]
        : [],
  }
}

const decide = (object: Service, mode: Mode, view: View): Decision => {
  const fronted = frontedBy(object, mode.given, view)
  const label = mode.label ?? (fronted.length === 1 ? fronted[0] : undefined)
  const labels: WantedKeys = { [DEPLOYMENT_LABEL]: label, [SKIP_MIRROR]: mode.skipMirror }
  const patch: readonly JsonPatchOp[] = [
    ...metadataOps(object, 'annotations', { [SAVED_SELECTOR]: mode.annotation }),
    ...metadataOps(object, 'labels', labels),
    ...selectorOps(object, mode.selector),
  ]
  const changesLabel = object.metadata.labels?.[DEPLOYMENT_LABEL] !== label
  const decision = mode.decision === 'pass' && changesLabel ? 'label' : mode.decision
  const reason =
    decision === 'label'
      ? label === undefined
        ? 'fronts no single opted-in Deployment'
        : `fronts Deployment ${label}`
      : mode.reason
  return allow(decision, reason, { patch, warnings: [...mode.warnings, ...severalWarning(fronted)] })
}

/** Names of the opted-in Deployments whose pods the selector matches, in order. */
const frontedBy = (object: Service, selector: Labels | undefined, view: View): readonly string[] => {
  if (selector === undefined || object.spec.type === 'ExternalName') return []
  const attached: Service = { ...object, spec: { ...object.spec, selector } }
  return view.optedIn
    .filter(one => selectsPods(attached, one.podLabels))
    .map(one => one.name)
    .sort()
}

const severalWarning = (names: readonly string[]): readonly string[] =>
  names.length < 2
    ? []
    : [
        `spec.selector: matches the pods of ${names.length} Deployments with sluice.dev/strategy (${names.slice(0, 3).join(', ')}); Sluice splits traffic for a Service only when it fronts one of them`,
      ]

const selectorOps = (object: Service, wanted: Labels | undefined): readonly JsonPatchOp[] => {
  const current = filled(object.spec.selector)
  if (wanted === current) return []
  if (wanted === undefined) return [{ op: 'remove', path: '/spec/selector' }]
  return [{ op: object.spec.selector === undefined ? 'add' : 'replace', path: '/spec/selector', value: wanted }]
}
