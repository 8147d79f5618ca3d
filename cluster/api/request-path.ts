/** What a URL path of the API stands for. */

export type ObjectPath = {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
}

const versionedParts = (parts: readonly string[]): { group: string; version: string; rest: readonly string[] } | undefined => {
  if (parts[0] === 'api' && parts[1]) return { group: '', version: parts[1], rest: parts.slice(2) }
  if (parts[0] === 'apis' && parts[1] && parts[2]) return { group: parts[1], version: parts[2], rest: parts.slice(3) }
  return undefined
}

/** Subresources of Namespace itself, so that `/namespaces/NS/status` is not read as a list of "status" objects. */
const OF_NAMESPACE = new Set(['status', 'finalize'])

/** The object, list or subresource that a path names, e.g. `/apis/apps/v1/namespaces/default/deployments/web/scale`; undefined for other paths. */
export const parseObjectPath = (path: string): ObjectPath | undefined => {
  const parts = path.split('/').filter(Boolean).map(decodePart)
  const versioned = versionedParts(parts)
  if (!versioned || versioned.rest.length === 0) return undefined
  const { group, version, rest } = versioned
  if (rest[0] === 'namespaces' && group === '' && (rest.length < 3 || OF_NAMESPACE.has(rest[2]!))) {
    return withNames({ group, version, plural: 'namespaces' }, rest[1], rest[2])
  }
  if (rest[0] === 'namespaces' && rest.length >= 3)
    return withNames({ group, version, plural: rest[2]!, namespace: rest[1]! }, rest[3], rest[4])
  return withNames({ group, version, plural: rest[0]! }, rest[1], rest[2])
}

const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const withNames = (path: ObjectPath, name: string | undefined, subresource: string | undefined): ObjectPath => ({
  ...path,
  ...(name ? { name } : {}),
  ...(subresource ? { subresource } : {}),
})
