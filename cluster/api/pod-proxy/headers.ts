/** What a proxy passes on of a message's headers. Pure. */

/** Of one connection (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

type Headers = { readonly [name: string]: string | readonly string[] | undefined }

/** Without what is of one connection: the well-known names, and those that `Connection` lists. Names are in lower case. */
export const endToEnd = (headers: Headers): { readonly [name: string]: string | readonly string[] } => {
  const listed = String(headers['connection'] ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
  const left = new Set([...HOP_BY_HOP, ...listed])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined || left.has(name) ? [] : [[name, value]])),
  )
}

/** Of the API server: the credentials, and what is agreed on anew with the pod. */
const OWN = new Set(['authorization', 'content-length', 'expect'])

/** `length`: bytes of the body; undefined when there is one whose length nobody knows; 0 when there is none. */
export const requestHeaders = (headers: Headers, length: number | undefined): { readonly [name: string]: string } => {
  const kept = Object.entries(endToEnd(headers)).flatMap(([name, value]) => (OWN.has(name) ? [] : [[name, String(value)]]))
  const framing = length === undefined ? { 'transfer-encoding': 'chunked' } : length > 0 && { 'content-length': String(length) }
  return { ...Object.fromEntries(kept), ...framing }
}

/** The pod's own addresses in a `Location` become addresses below the proxy; those of others stay. `authority`: of the pod, `HOST:PORT`. */
export const rewriteLocation = (location: string, prefix: string, authority: string): string => {
  const [, host, path] = /^(?:https?:)?\/\/([^/?#]*)(.*)$/i.exec(location) ?? [undefined, authority, location]
  if (host !== authority) return location
  const ofPod = path === '' ? '/' : (path ?? '/')
  if (!ofPod.startsWith('/') || ofPod === prefix || ofPod.startsWith(`${prefix}/`)) return location
  return `${prefix}${ofPod}`
}
