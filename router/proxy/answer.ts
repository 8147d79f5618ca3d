/** The router's own answers: an error when no pod gave one, and the probe. */
import type { ServerResponse } from 'node:http'
import { ROUTER_HEADER } from '../../api/names.ts'

export type OwnStatus = 200 | 400 | 405 | 408 | 431 | 501 | 502 | 503 | 504

const REASONS: { readonly [status in OwnStatus]: string } = {
  200: 'OK',
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

export type OwnAnswer = {
  readonly router: string
  readonly status: OwnStatus
  /** One line without its end. */
  readonly text: string
  readonly close: boolean
}

/** Nothing must have been written yet. */
export const answerItself = (res: ServerResponse, { router, status, text, close }: OwnAnswer): void => {
  const body = `${text}\n`
  res.writeHead(status, REASONS[status], {
    'Content-Type': text.startsWith('{') ? 'application/json' : 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    [ROUTER_HEADER]: router,
    ...(close ? { Connection: 'close' } : {}),
  })
  res.end(body)
}

export type SocketAnswer = Omit<OwnAnswer, 'close'> & {
  /** The connection ends with it, unless this is false. */
  readonly close?: boolean
  /** It answers a HEAD request. */
  readonly isHead?: boolean
}

/** The same where there is a socket only. */
export const renderAnswer = ({ router, status, text, close = true, isHead = false }: SocketAnswer): string => {
  const body = `${text}\n`
  return [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${ROUTER_HEADER}: ${router}`,
    `Connection: ${close ? 'close' : 'keep-alive'}`,
    '',
    isHead ? '' : body,
  ].join('\r\n')
}
