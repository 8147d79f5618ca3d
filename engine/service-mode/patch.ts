import type { JsonPatchOp } from '../../api/json-patch.ts'
import type { KubeObject, Service } from '../../api/kubernetes.ts'
import { POD_TEMPLATE_HASH } from '../../api/names.ts'
import { attachOps } from '../../api/service-mode.ts'
import type { Intent } from '../intents.ts'
import type { ModeContext } from './step.ts'

/** The patch is refused by the API server when the object is not the one that it was planned from. */
export const guarded = (object: KubeObject, patch: readonly JsonPatchOp[]): readonly JsonPatchOp[] => {
  const { resourceVersion } = object.metadata
  return patch.length === 0 || resourceVersion === undefined
    ? patch
    : [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }, ...patch]
}

export const patchFronted = (service: Service, patch: readonly JsonPatchOp[], why: string): readonly Intent[] =>
  patch.length === 0 ? [] : [{ kind: 'patchService', name: service.metadata.name, patch: guarded(service, patch), why }]

/** The selector as a private Service kept it; for a Service whose own note was spoiled by an edit. */
const rememberedSelector = ({ backends, podLabels, versionLabel = POD_TEMPLATE_HASH }: ModeContext) => {
  const { [versionLabel]: _, ...selector } = backends[0]?.service.spec.selector ?? podLabels
  return selector
}

/** Gives the Service its selector back; empty when it has it. */
export const giveSelectorBack = (service: Service, mode: ModeContext): readonly JsonPatchOp[] => {
  const patch = attachOps(service)
  const restores = service.spec.selector !== undefined || patch.some(({ path }) => path === '/spec/selector')
  return restores ? patch : [...patch, { op: 'add', path: '/spec/selector', value: rememberedSelector(mode) }]
}
