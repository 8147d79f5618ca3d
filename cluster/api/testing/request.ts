/** Requests to an in-process server for tests: JSON in, JSON out, with the status and headers of the answer. */
import type { Transport } from '../../../kube/client.ts'
import { type JsonObject, objectOf } from '../json.ts'

export type Reply = {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: JsonObject
  readonly text: string
}

export type Ask = (
  method: string,
  path: string,
  options?: { readonly body?: unknown; readonly headers?: { readonly [name: string]: string } },
) => Promise<Reply>

const readAll = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const parsed = (text: string): JsonObject => {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return {}
  }
}

export const askOver =
  (transport: Transport): Ask =>
  async (method, path, { body, headers = {} } = {}) => {
    const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)
    const answer = await transport({
      method,
      path,
      headers: { 'content-type': 'application/json', ...headers },
      ...(text === undefined ? {} : { body: text }),
    })
    const all = await readAll(answer.body)
    return { status: answer.status, headers: answer.headers, body: parsed(all), text: all }
  }

/** The lines of a watch as objects, one at a time. */
export async function* watchLines(
  transport: Transport,
  path: string,
  options: { readonly headers?: { readonly [name: string]: string }; readonly signal?: AbortSignal } = {},
): AsyncGenerator<JsonObject> {
  const answer = await transport({ method: 'GET', path, ...options })
  if (answer.status !== 200) throw new Error(`the watch was answered with ${answer.status}: ${await readAll(answer.body)}`)
  let rest = ''
  for await (const chunk of answer.body) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield objectOf(JSON.parse(line))
  }
}
