/** Services that a Rollout points at its versions: rules of Argo Rollouts for canaryService and stableService. */
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import type { Labels, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH, SAVED_SELECTOR } from '../../api/names.ts'
import { savedSelector } from '../../api/service-mode.ts'
import { guarded } from '../service-mode/patch.ts'
import type { RolloutContext } from './context.ts'
import { event, type RolloutIntent } from './intents.ts'
import { MANAGED_BY } from './names.ts'
import { hashOf, sizedOf } from './versions.ts'

const managed = (service: Service, rollout: string): readonly JsonPatchOp[] => {
  const { annotations } = service.metadata
  if (annotations?.[MANAGED_BY] === rollout) return []
  return annotations === undefined
    ? [{ op: 'add', path: '/metadata/annotations', value: { [MANAGED_BY]: rollout } }]
    : [{ op: 'add', path: pointer('metadata', 'annotations', MANAGED_BY), value: rollout }]
}

/** In proxy mode the Service has no selector: what it will have again is in its note. */
const savedWith = (service: Service, selector: Labels, hash: string): JsonPatchOp => ({
  op: 'add',
  path: pointer('metadata', 'annotations', SAVED_SELECTOR),
  value: JSON.stringify({ ...(savedSelector(service) ?? selector), [ROLLOUTS_POD_TEMPLATE_HASH]: hash }),
})

const isDetached = ({ metadata, spec }: Service): boolean =>
  spec.selector === undefined && metadata.annotations?.[SAVED_SELECTOR] !== undefined

/** The hash that it selects, or will when it is out of proxy mode. */
export const hashSelectedBy = (service: Service): string | undefined =>
  (service.spec.selector ?? savedSelector(service))?.[ROLLOUTS_POD_TEMPLATE_HASH]

const selects = (service: Service, hash: string): JsonPatchOp =>
  service.spec.selector === undefined
    ? { op: 'add', path: '/spec/selector', value: { [ROLLOUTS_POD_TEMPLATE_HASH]: hash } }
    : { op: 'add', path: pointer('spec', 'selector', ROLLOUTS_POD_TEMPLATE_HASH), value: hash }

/** At first, when all of the Service's traffic comes from pods of no chosen version, the whole version must be there; later one pod. */
export const isReadyFor = (target: ReplicaSet, isFirst: boolean): boolean => {
  const { spec, available } = sizedOf(target)
  return isFirst ? spec > 0 && available >= spec : available > 0
}

/** Makes the Service select pods of this hash only, and notes whose it is; nothing when it is so. */
export const leadTo = ({ seen, rollout }: RolloutContext, service: Service, hash: string): readonly RolloutIntent[] => {
  const before = hashSelectedBy(service)
  const isRight = before === hash
  const change = isDetached(service) ? savedWith(service, rollout.spec.selector?.matchLabels ?? {}, hash) : selects(service, hash)
  const patch = [...managed(service, seen.name), ...(isRight ? [] : [change])]
  if (patch.length === 0) return []
  const { name } = service.metadata
  const told = event('SwitchService', `Switched selector for service '${name}' from '${before ?? ''}' to '${hash}'`)
  return [
    { kind: 'patchService', name, patch: guarded(service, patch), why: `it leads to version ${hash}` },
    ...(isRight ? [] : [told]),
  ]
}

/** Points the Service at a version; nothing when it is, or when the version could not take its traffic. */
export const pointService = (
  context: RolloutContext,
  name: string | undefined,
  target: ReplicaSet | undefined,
): readonly RolloutIntent[] => {
  const service = context.seen.services.find(({ metadata }) => metadata.name === name)
  if (service === undefined || target === undefined) return []
  const before = hashSelectedBy(service)
  const hash = hashOf(target)
  const isFree = before === hash || isDetached(service)
  return isFree || isReadyFor(target, before === undefined) ? leadTo(context, service, hash) : []
}

/** The stable Service leads to the stable version; the canary Service to the newest, after an abort to the stable one. */
export const planServices = (context: RolloutContext, aborted: boolean): readonly RolloutIntent[] => {
  const { canary, versions } = context
  const newest = aborted ? versions.stable : versions.current
  return [...pointService(context, canary.stableService, versions.stable), ...pointService(context, canary.canaryService, newest)]
}
