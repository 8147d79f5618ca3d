/** A pod's log as text, read with the person's own credentials, for as long as somebody reads it. */
import type { RequestHandler, Response } from 'express'
import { logPath } from '../../view/logs.ts'
import type { Session } from '../session/sessions.ts'
import { refuse } from './problem.ts'

/** Of the past; more than a person reads. */
const TAIL_LINES = 1000
/** Names of namespaces, pods and containers; nothing else becomes part of a path. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

const nameIn = (value: unknown): string | undefined => (typeof value === 'string' && NAME.test(value) ? value : undefined)

/** Waits where the reader is slow, so that nothing piles up here. */
const writeAll = async (response: Response, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> => {
  for await (const chunk of chunks) {
    if (signal.aborted) return
    if (!response.headersSent) begin(response)
    if (!response.write(chunk)) await new Promise(resolve => response.once('drain', resolve).once('close', resolve))
  }
}

const begin = (response: Response): void => {
  response.status(200).set({ 'Content-Type': 'text/plain; charset=utf-8', 'X-Accel-Buffering': 'no' })
  response.flushHeaders()
}

export const serveLog =
  (sessionOf: (response: Response) => Session): RequestHandler =>
  async (request, response) => {
    const { stream, signal: ended } = sessionOf(response)
    const [namespace, pod] = [nameIn(request.params['namespace']), nameIn(request.params['name'])]
    const { container: asked, previous, follow } = request.query
    const container = nameIn(asked)
    if (namespace === undefined || pod === undefined || (asked !== undefined && container === undefined))
      return refuse(
        response,
        400,
        'the names of namespace, pod and container must be names of Kubernetes, e.g. web-7b9c4d5f8x-x2k9a',
      )
    if (stream === undefined) return refuse(response, 404, 'logs are not served here')
    const ending = new AbortController()
    const end = (): void => ending.abort()
    response.once('close', end)
    ended.addEventListener('abort', end, { once: true })
    try {
      const wish = { ...(container && { container }), previous: previous === 'true', follow: follow === 'true' }
      const path = logPath({ namespace, pod, ...wish, tailLines: TAIL_LINES })
      // What the API server refuses is thrown before anything is written, so that it becomes an answer.
      await writeAll(response, stream(path, ending.signal), ending.signal)
      if (!response.headersSent) begin(response)
      response.end()
    } catch (error) {
      if (!response.headersSent) throw error
      response.end()
    } finally {
      ended.removeEventListener('abort', end)
    }
  }
