/** What a proxy takes out of and puts into the headers of an HTTP/2 message. Pure, but it works on the object in place. */
import type { IncomingHttpHeaders } from 'node:http2'
import { addForwarded } from '../../proxy/headers.ts'

/**
 * Headers that are about a connection are no HTTP/2 at all, and nghttp2 has refused them (RFC 9113 8.2.2). What is left is meant for
 * the next hop only. `te: trailers` stays: gRPC servers ask for it.
 */
const NOT_PASSED = ['proxy-authorization', 'proxy-authenticate', 'http2-settings'] as const

/** Undefined when the request names one host only. */
export const refuseTwoHosts = (headers: IncomingHttpHeaders): string | undefined => {
  const authority = headers[':authority']
  return headers.host !== undefined && authority !== undefined && headers.host.toLowerCase() !== authority.toLowerCase()
    ? ':authority and Host are two different hosts'
    : undefined
}

/** The request as the pod gets it. */
export const requestHeaders = (headers: IncomingHttpHeaders, peer: string): IncomingHttpHeaders => {
  for (const name of NOT_PASSED) if (headers[name] !== undefined) delete headers[name]
  const authority = headers[':authority'] ?? headers.host
  if (headers[':authority'] !== undefined && headers.host !== undefined) delete headers.host
  if (authority !== undefined) headers['x-forwarded-host'] ??= authority
  addForwarded(headers, peer)
  return headers
}

export const isGrpc = (headers: IncomingHttpHeaders): boolean => headers['content-type']?.startsWith('application/grpc') ?? false
