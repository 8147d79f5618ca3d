/**
 * gRPC in terms of HTTP: what a gRPC status counts as, and what a router that has to answer a gRPC call itself says. Pure.
 */
import type { Outcome } from './stats/second-ring.ts'

/** Codes of https://grpc.io/docs/guides/status-codes, by number. */
export const GRPC_CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

const UNKNOWN = 2

/**
 * The server's fault rather than the caller's: the codes that Envoy maps to 5xx and that OpenTelemetry has servers report as errors.
 * (Linkerd counts PERMISSION_DENIED too and UNIMPLEMENTED not; a version that has lost a method is what a canary is there to find.)
 */
const FAULTS: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
])

/** Number of the code; UNKNOWN for none and for what is no code, as gRPC's clients take it. */
export const grpcCode = (text: string | undefined): number => {
  const code = text !== undefined && /^\d{1,2}$/.test(text) ? Number(text) : UNKNOWN
  return code < GRPC_CODES.length ? code : UNKNOWN
}

/** What a call with that code counts as: 2xx for OK, 5xx for a fault of the server, 4xx for the rest. */
export const grpcOutcome = (code: number): Exclude<Outcome, 'upstreamFailures' | 'clientAborts'> => {
  if (code === 0) return 'status2xx'
  return FAULTS.has(GRPC_CODES[code] ?? 'UNKNOWN') ? 'status5xx' : 'status4xx'
}

/** The gRPC code for an HTTP status of ours (gRPC's http-grpc-status-mapping). */
export const grpcCodeFor = (status: number): number => {
  if (status === 502 || status === 503 || status === 504 || status === 429) return GRPC_CODES.indexOf('UNAVAILABLE')
  return GRPC_CODES.indexOf(status === 400 || status === 431 ? 'INTERNAL' : 'UNKNOWN')
}
