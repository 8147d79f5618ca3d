/** The router's own answers on a stream: for gRPC as a status that its clients read, else as HTTP. */
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { ROUTER_HEADER } from '../../../api/names.ts'
import { grpcCodeFor } from '../../grpc-status.ts'
import type { OwnStatus } from '../../proxy/answer.ts'
import { letGo } from './rest-of-request.ts'

export type StreamAnswer = { readonly router: string; readonly status: OwnStatus; readonly text: string; readonly grpc: boolean }

/** Nothing must have been answered yet. What the client still sends is let go. */
export const answerStream = (stream: ServerHttp2Stream, answer: StreamAnswer): void => {
  if (stream.destroyed || stream.closed || stream.headersSent) return
  const body = answer.grpc ? '' : `${answer.text}\n`
  // Node has ended the stream then.
  const isHead = stream.writableEnded
  stream.respond(headersOf(answer, body), { endStream: body === '' || isHead })
  if (body !== '' && !isHead) stream.end(body)
  letGo(stream)
}

const headersOf = ({ router, status, text, grpc }: StreamAnswer, body: string): OutgoingHttpHeaders =>
  grpc
    ? {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(grpcCodeFor(status)),
        'grpc-message': text,
        [ROUTER_HEADER]: router,
      }
    : {
        ':status': status,
        'content-type': text.startsWith('{') ? 'application/json' : 'text/plain; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        [ROUTER_HEADER]: router,
      }
