/** The label on a pod template that asks for the sidecar: put in and taken out with a change of the template that is made anyway, never by itself. */
import { readSettings } from '../api/annotations.ts'
import { type JsonPatchOp, pointer } from '../api/json-patch.ts'
import type { Deployment, PodTemplate } from '../api/kubernetes.ts'
import { SIDECAR_LABEL, STABLE_TEMPLATE } from '../api/names.ts'
import { sidecarLabel } from '../api/sidecar.ts'
import { sameTemplate, templateHash } from '../api/template.ts'

const labelOf = (template: PodTemplate | undefined): string | undefined => template?.metadata?.labels?.[SIDECAR_LABEL]

const withLabel = (template: PodTemplate, value: string | undefined): PodTemplate => {
  const { [SIDECAR_LABEL]: _, ...labels } = template.metadata?.labels ?? {}
  return {
    ...template,
    metadata: { ...template.metadata, labels: value === undefined ? labels : { ...labels, [SIDECAR_LABEL]: value } },
  }
}

/** The label that the template is to have; `old` is absent at CREATE. */
const wantedLabel = (object: Deployment, old: Deployment | undefined): string | undefined => {
  const { template } = object.spec
  const read = readSettings(object.metadata.annotations)
  // Wrong settings say nothing about the router.
  if (read.optedIn && read.settings === undefined) return labelOf(old?.spec.template ?? template)
  const isWanted = read.optedIn && read.settings?.router === 'sidecar'
  const mine = isWanted ? sidecarLabel(object.metadata.name) : undefined
  if (old === undefined) return mine
  // The stable version is what it is: a way back to it restarts nothing.
  const stable = old.metadata.annotations?.[STABLE_TEMPLATE]
  if (stable !== undefined && templateHash(template) === stable) return labelOf(template)
  const isSame = sameTemplate(withLabel(template, undefined), withLabel(old.spec.template, undefined))
  return isSame ? labelOf(old.spec.template) : mine
}

export type Labelled = { readonly object: Deployment; readonly ops: readonly JsonPatchOp[] }

/** The Deployment with the label as it should be, and the operations that bring the request's object there. */
export const labelTemplate = (object: Deployment, old: Deployment | undefined): Labelled => {
  const { template } = object.spec
  const has = labelOf(template)
  const wants = wantedLabel(object, old)
  // Templates without labels are refused by the API server: a selector has to match them.
  if (has === wants || template.metadata?.labels === undefined) return { object, ops: [] }
  const path = pointer('spec', 'template', 'metadata', 'labels', SIDECAR_LABEL)
  const op: JsonPatchOp =
    wants === undefined ? { op: 'remove', path } : { op: has === undefined ? 'add' : 'replace', path, value: wants }
  return { object: { ...object, spec: { ...object.spec, template: withLabel(template, wants) } }, ops: [op] }
}
