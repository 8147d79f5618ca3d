/** Logs of pods: the path by which the API server is asked, and lines out of what comes. Pure. */

export type LogWish = {
  readonly namespace: string
  readonly pod: string
  /** Absent: the only one there is. */
  readonly container?: string
  /** Of the container before its last restart. */
  readonly previous?: boolean
  /** Goes on until it is let go. */
  readonly follow?: boolean
  /** At most so many lines of the past. */
  readonly tailLines?: number
  readonly sinceSeconds?: number
  readonly timestamps?: boolean
}

const FIELDS = ['container', 'previous', 'follow', 'timestamps', 'tailLines', 'sinceSeconds'] as const

export const logPath = ({ namespace, pod, ...wish }: LogWish): string => {
  const fields = FIELDS.flatMap(name => {
    const value = wish[name]
    return value === undefined || value === false ? [] : [[name, String(value)] as const]
  })
  const query = fields.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(fields))}`
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log${query}`
}

/** Longer ones are cut into several. */
const LONGEST_LINE = 16_384

/** Whole lines without their ends; the last one also where its end is missing. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    while (rest.length > LONGEST_LINE) {
      yield rest.slice(0, LONGEST_LINE)
      rest = rest.slice(LONGEST_LINE)
    }
  }
  if (rest !== '') yield rest
}
