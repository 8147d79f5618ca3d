/** One JSON line for each entry, on standard error unless told otherwise. */

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What goes beside the message. An Error is written with its stack; anything that looks like a secret is not written. */
export type LogFields = { readonly [name: string]: unknown }

type Write = (message: string, fields?: LogFields) => void

export type Logger = {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** A logger that writes these fields with every entry. */
  readonly with: (fields: LogFields) => Logger
}

export type LoggerOptions = {
  readonly component: string
  readonly level: LogLevel
  readonly write?: (line: string) => void
  readonly now?: () => number
}

const REDACTED = '[redacted]'
const SECRET_NAME = /^(.*[-_.])?(token|password|passwd|authorization|cookie)$|(private|ca\.|tls\.)-?_?key|key-?data/i
const SECRET_VALUE = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bBearer [A-Za-z0-9._~+/-]{8,}/

const ERROR_FIELDS = ['code', 'status', 'reason', 'retryAfterMs'] as const

const errorFields = (error: Error): LogFields => {
  const fields: { [name: string]: unknown } = { name: error.name, message: error.message, stack: error.stack }
  for (const name of ERROR_FIELDS) {
    const value: unknown = Reflect.get(error, name)
    if (value !== undefined) fields[name] = value
  }
  if (error.cause !== undefined) fields['cause'] = error.cause
  return fields
}

const isSecret = (name: string, value: unknown): boolean =>
  typeof value === 'string'
    ? SECRET_NAME.test(name) || SECRET_VALUE.test(value)
    : typeof value === 'object' && SECRET_NAME.test(name)

/** What JSON.stringify should see in place of what it would lose. */
const shownAs = (value: object): object =>
  value instanceof Error ? errorFields(value) : value instanceof Map || value instanceof Set ? [...value] : value

/** A replacer for JSON.stringify: no secrets, no cycles, and nothing that it would throw at. */
const makeReplacer = () => {
  const above: unknown[] = []
  return function (this: unknown, name: string, value: unknown): unknown {
    // `this` is the holder of the value; whatever stands after it in the stack belongs to a finished branch.
    while (above.length > 0 && above.at(-1) !== this) above.pop()
    if (isSecret(name, value)) return REDACTED
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    if (above.includes(value)) return '[circular]'
    const shown = shownAs(value)
    above.push(shown)
    return shown
  }
}

const renderLine = (entry: LogFields): string => {
  try {
    return JSON.stringify(entry, makeReplacer())
  } catch (error) {
    // A getter or a toJSON of a logged object threw; the entry itself must not be lost.
    return JSON.stringify({ time: entry['time'], level: entry['level'], message: entry['message'], unloggable: String(error) })
  }
}

const toStandardError = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

export const makeLogger = (options: LoggerOptions): Logger => {
  const { component, level: lowest, write = toStandardError, now = Date.now } = options
  const at = (level: LogLevel, always: LogFields): Write =>
    LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(lowest)
      ? () => {}
      : (message, fields) =>
          write(renderLine({ time: new Date(now()).toISOString(), level, component, message, ...always, ...fields }))
  const make = (always: LogFields): Logger => ({
    debug: at('debug', always),
    info: at('info', always),
    warn: at('warn', always),
    error: at('error', always),
    with: fields => make({ ...always, ...fields }),
  })
  return make({})
}

/** For callers that have no use for a log. */
export const silentLogger: Logger = makeLogger({ component: 'silent', level: 'error', write: () => {} })
