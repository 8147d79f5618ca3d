/**
 * Objects in memory behind the interface of a KubeClient, with versions and conflicts as the API server has them: enough for tests of what
 * reads and writes single objects. `interfere` stands between the caller and the object, to delay a call, lose it, or lose its answer.
 */
import type { KubeObject } from '../../api/kubernetes.ts'
import { objectPath } from '../api-path.ts'
import type { KubeClient, ObjectRef, Resource } from '../client.ts'
import { ApiError, reasonOf } from '../errors.ts'

export type Interfere = <T>(call: { readonly method: string; readonly path: string }, run: () => T) => Promise<T>

type Fields = { readonly [name: string]: unknown }

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 7386. */
const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isFields(patch)) return patch
  const result: { [name: string]: unknown } = isFields(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else if (value !== undefined) result[name] = mergePatch(result[name], value)
  }
  return result
}

const refuse = (status: number, path: string, reason = reasonOf(status)): never => {
  throw new ApiError({ status, reason, message: `${path}: ${reason}` })
}

export type MemoryApi = {
  /** A client whose calls go through `interfere`. */
  readonly client: (interfere?: Interfere) => KubeClient
  readonly objects: Map<string, KubeObject>
  /** One line for each write that was done, e.g. `PATCH /apis/...`. */
  readonly writes: string[]
}

const direct: Interfere = async (_, run) => run()

export const makeMemoryApi = (): MemoryApi => {
  const objects = new Map<string, KubeObject>()
  const writes: string[] = []
  let version = 0
  const keep = (method: string, path: string, object: KubeObject, uid: string): KubeObject => {
    version += 1
    const kept = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } }
    objects.set(path, kept)
    writes.push(`${method} ${path}`)
    return kept
  }
  const read = (path: string): KubeObject => objects.get(path) ?? refuse(404, path)
  const create = (path: string, object: KubeObject): KubeObject =>
    objects.has(path) ? refuse(409, path, 'AlreadyExists') : keep('POST', path, object, `uid-${version + 1}`)
  const patch = (path: string, body: unknown): KubeObject => {
    const before = read(path)
    const after = mergePatch(before, body) as KubeObject
    // A version in the patch is a condition: it only stays equal when it is the one that is there.
    if (after.metadata.resourceVersion !== before.metadata.resourceVersion) return refuse(409, path)
    return keep('PATCH', path, after, before.metadata.uid ?? '')
  }
  const remove = (path: string): void => {
    read(path)
    objects.delete(path)
    writes.push(`DELETE ${path}`)
  }
  const client = (interfere: Interfere = direct): KubeClient => {
    const call = <T>(method: string, resource: Resource, ref: ObjectRef, run: (path: string) => unknown): Promise<T> => {
      const path = objectPath(resource, ref)
      return interfere({ method, path }, () => structuredClone(run(path)) as T)
    }
    const refOf = ({ metadata: { namespace, name } }: KubeObject): ObjectRef => ({ name, ...(namespace ? { namespace } : {}) })
    return {
      get: (resource, ref) => call('GET', resource, ref, read),
      create: (resource, object) => call('POST', resource, refOf(object), path => create(path, object)),
      patch: (resource, ref, type, body) => {
        if (type !== 'merge') throw new TypeError(`the memory API knows merge patches only, not ${type}`)
        return call('PATCH', resource, ref, path => patch(path, body))
      },
      delete: (resource, ref) => call('DELETE', resource, ref, remove),
      list: () => Promise.reject(new TypeError('the memory API does not list')),
      watch: () => {
        throw new TypeError('the memory API does not watch')
      },
      raw: () => Promise.reject(new TypeError('the memory API has no raw calls')),
    }
  }
  return { client, objects, writes }
}
