/** A Service that no Rollout points at a version any more gets its own selector back, as Argo Rollouts' controller of Services does. */
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import type { Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH, SAVED_SELECTOR } from '../../api/names.ts'
import { guarded } from '../service-mode/patch.ts'
import type { RolloutContext } from './context.ts'
import type { RolloutIntent } from './intents.ts'
import { MANAGED_BY } from './names.ts'

/** Of the very Service that was seen. Empty for one in proxy mode: it is taken out of that first. */
export const releaseOps = (service: Service): readonly JsonPatchOp[] => {
  const { annotations } = service.metadata
  const { selector } = service.spec
  if (annotations?.[MANAGED_BY] === undefined || annotations[SAVED_SELECTOR] !== undefined) return []
  return guarded(service, [
    ...(selector?.[ROLLOUTS_POD_TEMPLATE_HASH] === undefined
      ? []
      : [{ op: 'remove', path: pointer('spec', 'selector', ROLLOUTS_POD_TEMPLATE_HASH) } as const]),
    { op: 'remove', path: pointer('metadata', 'annotations', MANAGED_BY) },
  ])
}

export const planRelease = ({ seen }: RolloutContext): readonly RolloutIntent[] =>
  (seen.formerServices ?? []).flatMap(service => {
    const patch = releaseOps(service)
    const { name } = service.metadata
    return patch.length === 0 ? [] : [{ kind: 'patchService', name, patch, why: 'the Rollout does not name it any more' }]
  })
