/** Reads what a transport answered: whole bodies, lines of a stream, refusals. */
import type { TransportAnswer } from './client.ts'
import { ApiError, reasonOf, type StatusBody } from './errors.ts'

/** The whole body as text. A UTF-8 character may be cut at a chunk border. */
export const readText = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

/** Splits a stream of bytes at line feeds; a last line without one is not given, because nobody knows whether it is whole. Empty lines are left out. */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  // Pieces are joined only once a line is whole: adding each chunk to one growing string and searching it again would be quadratic.
  let pieces: string[] = []
  for await (const chunk of body) {
    const parts = decoder.decode(chunk, { stream: true }).split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      const line = pieces.length === 0 ? part : pieces.join('') + part
      pieces = []
      if (line.trim() !== '') yield line
    }
    if (last !== '') pieces.push(last)
  }
}

/** Unknown JSON text to a value; an error names where it came from and how it begins. */
export const parseJson = (text: string, from: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError(`${from}: not JSON: ${JSON.stringify(text.slice(0, 80))} (${text.length} characters)`)
  }
}

/** `Retry-After: 3` or an HTTP date, in milliseconds from `now`. */
export const retryAfterMs = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const isStatus = (value: unknown): value is StatusBody =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status'

/** A refusal as ApiError. `value` is the decoded body, or the object of an ERROR event. */
export const apiErrorOf = (status: number, value: unknown, what: string, waitMs?: number): ApiError => {
  const body: StatusBody = isStatus(value) ? value : {}
  const seconds = body.details?.retryAfterSeconds
  const wait = waitMs ?? (seconds ? seconds * 1000 : undefined)
  const text = typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 300) : undefined
  return new ApiError({
    status,
    reason: body.reason || reasonOf(status),
    message: `${what}: ${body.message || text || `HTTP ${status}`}`,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(body.details?.causes === undefined ? {} : { causes: body.details.causes }),
  })
}

/** Reads the body of a refused request and makes its error. A body that is not JSON (a proxy's page) is quoted. */
export const readRefusal = async (answer: TransportAnswer, what: string, now: number): Promise<ApiError> => {
  const text = await readText(answer.body)
  let value: unknown = text
  try {
    value = JSON.parse(text)
  } catch {
    // A page of a proxy or plain text: apiErrorOf quotes it.
  }
  return apiErrorOf(answer.status, value, what, retryAfterMs(answer.headers['retry-after'], now))
}
