/** Makes objects through the API as `kubectl apply` would: create, or merge what is there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { isAlreadyExists } from '../kube/errors.ts'

type DiscoveredResource = { readonly name: string; readonly kind: string; readonly namespaced: boolean }

/** Asks the API server under which path it serves a kind; throws when it does not serve it. */
export const discover = async (client: KubeClient, apiVersion: string, kind: string): Promise<Resource> => {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const answer = (await client.raw('GET', group === '' ? `/api/${version}` : `/apis/${group}/${version}`)) as {
    readonly resources?: readonly DiscoveredResource[]
  }
  const found = answer.resources?.find(resource => resource.kind === kind && !resource.name.includes('/'))
  if (found === undefined)
    throw new Error(`the cluster does not serve ${kind} of ${apiVersion}: is its CustomResourceDefinition applied?`)
  return { group, version, plural: found.name, kind, namespaced: found.namespaced }
}

/** Applies the objects one after the other; throws what the API server refuses. */
export const apply = async (client: KubeClient, objects: readonly KubeObject[]): Promise<void> => {
  for (const object of objects) {
    const resource = await discover(client, object.apiVersion, object.kind)
    const namespace = resource.namespaced ? (object.metadata.namespace ?? 'default') : undefined
    const placed = namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } }
    try {
      await client.create(resource, placed)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      await client.patch(resource, { name: object.metadata.name, ...(namespace !== undefined && { namespace }) }, 'merge', placed)
    }
  }
}

/** The objects of a YAML text with `$(NAME)` replaced from `variables`; names that are not in it stay, Kubernetes fills those. */
export const readObjects = (text: string, variables: { readonly [name: string]: string } = {}): readonly KubeObject[] => {
  const filled = text.replaceAll(/\$\(([A-Z_]+)\)/g, (whole, name: string) => variables[name] ?? whole)
  return parseAllDocuments(filled).flatMap(document => {
    const problem = document.errors[0]
    if (problem !== undefined) throw problem
    const object: unknown = document.toJS()
    return object === null ? [] : [object as KubeObject]
  })
}

/** All CustomResourceDefinitions of the chart. */
export const readCrds = (root: string): readonly KubeObject[] => {
  const folder = join(root, 'charts/sluice/files/crds')
  return readdirSync(folder)
    .filter(file => file.endsWith('.yaml'))
    .sort()
    .flatMap(file => readObjects(readFileSync(join(folder, file), 'utf8')))
}
