/** Server-sent events read from pieces of text as they arrive: the format of the HTML standard, "9.2.6 Interpreting an event stream". */

export type SseEvent = { readonly event: string; readonly data: string; readonly id: string }

export type SseState = {
  /** What came after the last whole line. */
  readonly rest: string
  readonly event: string
  readonly data: readonly string[]
  readonly id: string
}

export const SSE_START: SseState = { rest: '', event: '', data: [], id: '' }

type Read = { readonly state: SseState; readonly events: readonly SseEvent[] }

const readLine = (state: SseState, line: string): Read => {
  if (line === '') {
    const { event, data, id } = state
    const events = data.length === 0 ? [] : [{ event: event === '' ? 'message' : event, data: data.join('\n'), id }]
    return { state: { ...state, event: '', data: [] }, events }
  }
  const colon = line.indexOf(':')
  const [field, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
  if (field === 'event') return { state: { ...state, event: value }, events: [] }
  if (field === 'data') return { state: { ...state, data: [...state.data, value] }, events: [] }
  if (field === 'id') return { state: { ...state, id: value }, events: [] }
  // A comment (the heart-beat), or a field that is not known.
  return { state, events: [] }
}

/** The events that the piece completes, and what to go on from with the next one. */
export const readSse = (before: SseState, piece: string): Read => {
  const lines = (before.rest + piece).split(/\r\n|\n|\r(?!$)/)
  const rest = lines.pop() ?? ''
  const events: SseEvent[] = []
  let state = before
  for (const line of lines) {
    const read = readLine(state, line)
    state = read.state
    events.push(...read.events)
  }
  return { state: { ...state, rest }, events }
}
