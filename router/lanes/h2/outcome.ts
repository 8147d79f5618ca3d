/** What an answered request counts as: by its gRPC status where it has one, else by its HTTP status. */
import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2'
import type { Dispatch } from '../../dispatch.ts'
import { grpcCode, grpcOutcome } from '../../grpc-status.ts'
import { outcomeOf } from '../../proxy/exchange.ts'
import { isGrpc } from './headers.ts'

/** A gRPC answer without a status in its trailers or, when it has no body, its head counts as UNKNOWN, as its client takes it. */
export const countCall = (
  dispatch: Dispatch,
  answer: IncomingHttpHeaders & IncomingHttpStatusHeader,
  trailers: IncomingHttpHeaders | undefined,
  latencyMs: number,
) => {
  const { outcome, code } = callOutcome(answer, trailers)
  if (code !== undefined) dispatch.version.stats.grpc[code]! += 1
  dispatch.finish(outcome, latencyMs)
}

/** `code`: of a gRPC call. */
export const callOutcome = (
  answer: IncomingHttpHeaders & IncomingHttpStatusHeader,
  trailers: IncomingHttpHeaders | undefined,
) => {
  const status = answer[':status'] ?? 200
  if (status !== 200 || !isGrpc(answer)) return { outcome: outcomeOf(status) }
  const text = trailers?.['grpc-status'] ?? answer['grpc-status']
  const code = grpcCode(typeof text === 'string' ? text : undefined)
  return { outcome: grpcOutcome(code), code }
}
