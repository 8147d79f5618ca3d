/**
 * What a proxy takes out of and puts into the headers of a message (RFC 9110 7.6). Pure, but for requests it works on the
 * object in place.
 */

/**
 * Meant for the next hop only. `transfer-encoding` is not here: Node frames what it sends by it, and refuseAmbiguous() has
 * looked at it.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
])

/** Frames the answer again on the way to the client, so the pod's own is dropped. */
const NOT_PASSED_BACK: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'trailer',
  'upgrade',
])

type Headers = { [name: string]: string | string[] | undefined }

/**
 * Takes the hop-by-hop headers out, and those that Connection names. Never Host or a length: requests whose Connection names
 * them are refused.
 */
export const stripRequest = (headers: Headers): void => {
  const { connection } = headers
  if (typeof connection === 'string' && connection !== 'keep-alive') {
    for (const name of connection.split(',')) delete headers[name.trim().toLowerCase()]
  }
  for (const name of HOP_BY_HOP) if (headers[name] !== undefined) delete headers[name]
}

/**
 * X-Forwarded-For gets the peer appended. Proto and Host are only set when absent: a proxy in front knows better, and a list of
 * two is not what applications compare with `https`.
 */
export const addForwarded = (headers: Headers, peer: string): void => {
  const before = headers['x-forwarded-for']
  headers['x-forwarded-for'] = before ? `${String(before)}, ${peer}` : peer
  headers['x-forwarded-proto'] ??= 'http'
  const { host } = headers
  if (host !== undefined) headers['x-forwarded-host'] ??= host
}

/** The pod's answer as it goes to the client: name, value, name, value, in the pod's order and case, without hop-by-hop headers. */
export const answerHeaders = (rawHeaders: readonly string[]): string[] => {
  let named: ReadonlySet<string> | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length === 10 && rawHeaders[i]?.toLowerCase() === 'connection')
      named = namesIn(rawHeaders[i + 1] ?? '', named)
  }
  const passed: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const lower = name.toLowerCase()
    if (NOT_PASSED_BACK.has(lower) || named?.has(lower)) continue
    passed.push(name, rawHeaders[i + 1] ?? '')
  }
  return passed
}

/** A pod that names Content-Length in Connection must not make the answer lose its length. */
const namesIn = (value: string, before: ReadonlySet<string> | undefined): ReadonlySet<string> | undefined => {
  if (value === 'keep-alive' || value === 'close') return before
  const names = value.split(',').map(name => name.trim().toLowerCase())
  return new Set([...(before ?? []), ...names.filter(name => name !== 'content-length')])
}

/** 10.0.0.1 rather than ::ffff:10.0.0.1. */
export const plainAddress = (address: string | undefined): string =>
  address?.startsWith('::ffff:') ? address.slice(7) : (address ?? 'unknown')
