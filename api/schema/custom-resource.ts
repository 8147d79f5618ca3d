/** A kind of custom resource, and its CustomResourceDefinition. */
import { type OpenApi, openApi } from './open-api.ts'
import type { Schema } from './schema.ts'

export type PrinterColumn = {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'date'
  readonly jsonPath: string
  readonly description?: string
  /** Above 0: only with `kubectl get -o wide`. */
  readonly priority?: number
}

export type CustomResource = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly shortName: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly description: string
  readonly spec: Schema
  readonly status?: Schema
  /** Status is written through its own subresource only. */
  readonly statusSubresource?: boolean
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath: string }
  readonly columns: readonly PrinterColumn[]
}

export const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

const rootSchema = ({ description, spec, status }: CustomResource): OpenApi => {
  const parts = { spec: openApi(spec), ...(status && { status: openApi(status) }) }
  const kube = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } }
  return { description, type: 'object', required: ['spec'], properties: { ...kube, ...parts } }
}

const makeSubresources = ({ statusSubresource, scale }: CustomResource): OpenApi | undefined =>
  statusSubresource || scale ? { ...(statusSubresource && { status: {} }), ...(scale && { scale }) } : undefined

/** The CustomResourceDefinition, `apiextensions.k8s.io/v1`, ready to be applied. */
export const makeCrd = (resource: CustomResource): OpenApi => {
  const { group, version, kind, plural, shortName, scope, columns } = resource
  const subresources = makeSubresources(resource)
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/part-of': 'sluice' },
    },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: [shortName] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          ...(subresources && { subresources }),
          schema: { openAPIV3Schema: rootSchema(resource) },
        },
      ],
    },
  }
}
