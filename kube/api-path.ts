/** Where the API serves an object or a collection. Pure. */
import type { ListOptions, ObjectRef, Resource } from './client.ts'

const groupPath = (resource: Resource): string =>
  resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = (resource: Resource): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`

/** The path of a collection; without a namespace that of all namespaces. */
export const collectionPath = (resource: Resource, namespace?: string): string => {
  const inNamespace = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${groupPath(resource)}${inNamespace}/${resource.plural}`
}

/** The path of one object, e.g. `/apis/apps/v1/namespaces/shop/deployments/web/scale`. Throws TypeError when the reference is incomplete. */
export const objectPath = (resource: Resource, ref: ObjectRef, subresource?: string): string => {
  if (!ref.name)
    throw new TypeError(
      `${resource.kind}: a name is needed, as in { namespace: 'shop', name: 'web' }; got ${JSON.stringify(ref)}`,
    )
  if (resource.namespaced && !ref.namespace)
    throw new TypeError(`${resource.kind} ${ref.name}: a namespace is needed, as in { namespace: 'shop', name: '${ref.name}' }`)
  const object = `${collectionPath(resource, ref.namespace)}/${encodeURIComponent(ref.name)}`
  return subresource ? `${object}/${subresource}` : object
}

/** `?a=1&b=2` of the values that are given, or nothing. */
export const queryOf = (values: { readonly [name: string]: string | number | boolean | undefined }): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

export const listPath = (resource: Resource, options: ListOptions): string =>
  collectionPath(resource, options.namespace) +
  queryOf({
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
  })
