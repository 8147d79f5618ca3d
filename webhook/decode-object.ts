/** As much of a Deployment or Service as review reads, checked once, so that everything after it may trust the shape. */
import type { Deployment, KubeObject, Service } from '../api/kubernetes.ts'
import { isObject } from './decode-review.ts'

export type Decoded<T> =
  | { readonly object: T; readonly problem?: undefined }
  | { readonly problem: string; readonly object?: undefined }

const problem = (path: string, value: unknown, allowed: string): { readonly problem: string } => ({
  problem: `${path}: ${(JSON.stringify(value) ?? 'nothing').slice(0, 80)} is not supported, must be ${allowed}`,
})

const isAbsent = (value: unknown): boolean => value === undefined || value === null

const isTextMap = (value: unknown): boolean => isObject(value) && Object.values(value).every(one => typeof one === 'string')

const checkMetadata = (object: unknown, path: string): { readonly problem: string } | undefined => {
  if (!isObject(object)) return problem(path, object, 'an object')
  const { metadata, spec } = object
  if (!isObject(metadata)) return problem(`${path}.metadata`, metadata, 'an object')
  for (const map of ['labels', 'annotations'] as const)
    if (!isAbsent(metadata[map]) && !isTextMap(metadata[map]))
      return problem(`${path}.metadata.${map}`, metadata[map], 'an object of strings')
  if (!isObject(spec)) return problem(`${path}.spec`, spec, 'an object')
  return undefined
}

const specOf = (object: unknown): { readonly [key: string]: unknown } =>
  isObject(object) && isObject(object.spec) ? object.spec : {}

/** `path` is where the object came from, e.g. `request.object`; it starts every problem. */
export const decodeDeployment = (object: unknown, path: string): Decoded<Deployment> => {
  const wrong = checkMetadata(object, path)
  if (wrong) return wrong
  const { template, strategy } = specOf(object)
  if (!isObject(template)) return problem(`${path}.spec.template`, template, 'an object')
  if (!isAbsent(strategy) && !isObject(strategy)) return problem(`${path}.spec.strategy`, strategy, 'an object')
  return { object: object as KubeObject as Deployment }
}

export const decodeService = (object: unknown, path: string): Decoded<Service> => {
  const wrong = checkMetadata(object, path)
  if (wrong) return wrong
  const { selector } = specOf(object)
  if (!isAbsent(selector) && !isTextMap(selector)) return problem(`${path}.spec.selector`, selector, 'an object of strings')
  return { object: object as KubeObject as Service }
}

/** Decodes the object and, at UPDATE, the old object of a request. */
export const decodeBoth = <T>(
  request: { readonly object: unknown; readonly oldObject?: unknown; readonly operation: string },
  decode: (object: unknown, path: string) => Decoded<T>,
): { readonly object: T; readonly old?: T; readonly problem?: undefined } | { readonly problem: string } => {
  const now = decode(request.object, 'request.object')
  if (now.problem !== undefined) return now
  if (request.operation !== 'UPDATE') return { object: now.object }
  const before = decode(request.oldObject, 'request.oldObject')
  if (before.problem !== undefined) return before
  return { object: now.object, old: before.object }
}
