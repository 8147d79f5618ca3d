/** The variables of admission expressions: `object`, `oldObject`, `request`, `namespaceObject`, `params`. */
import { celValue } from '../cel.ts'
import type { JsonObject } from '../json.ts'
import type { AdmissionAttributes } from './chain.ts'

/** The request part that an AdmissionReview and the CEL variable `request` share. */
export const requestFields = (attributes: AdmissionAttributes): JsonObject => {
  const { kind, subresource, objectKind } = attributes
  const resource = { group: kind.group, version: kind.version, resource: kind.plural }
  return {
    kind: objectKind,
    resource,
    ...(subresource ? { subResource: subresource, requestSubResource: subresource } : {}),
    requestKind: objectKind,
    requestResource: resource,
    ...(attributes.name ? { name: attributes.name } : {}),
    ...(attributes.namespace ? { namespace: attributes.namespace } : {}),
    operation: attributes.operation,
    userInfo: attributes.user,
    dryRun: attributes.dryRun,
    options: attributes.options,
  }
}

/** Everything an expression can name, ready for evaluateCel. */
export const celVariables = (
  attributes: AdmissionAttributes,
  namespaceObject: JsonObject | undefined,
): { readonly [name: string]: unknown } => ({
  object: celValue(attributes.object),
  oldObject: celValue(attributes.oldObject),
  request: celValue({ name: '', namespace: '', subResource: '', ...requestFields(attributes) }),
  namespaceObject: celValue(namespaceObject ?? null),
  params: null,
})
