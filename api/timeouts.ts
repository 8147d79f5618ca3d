/** The language of the `timeouts` annotation: `connect 2s, response 30s, idle 5m`. */
import { didYouMean } from './did-you-mean.ts'
import { parseDuration } from './duration.ts'
import { quote } from './quote.ts'

export const TIMEOUTS = ['connect', 'response', 'idle'] as const
export type Timeout = (typeof TIMEOUTS)[number]

/** Go durations as written, or `off`; what is absent goes by the router's own flags. */
export type Timeouts = { readonly [name in Timeout]?: string }

const LONGEST_MS = 24 * 3_600_000
const ALLOWED = 'connect, response or idle, each with a duration from 1ms to 24h, e.g. response 30s'

/** In ms; 0 for `off`, undefined for what is neither that nor a duration that can be used. */
export const timeoutMs = (text: string): number | undefined => {
  if (text === 'off') return 0
  const ms = parseDuration(text)
  return ms !== undefined && ms >= 1 && ms <= LONGEST_MS ? Math.round(ms) : undefined
}

const checkOne = (part: string, earlier: readonly string[]): string | undefined => {
  const [name = '', value = '', ...more] = part.split(/\s+/)
  if (part === '') return `is empty; it must be ${ALLOWED}`
  if (!TIMEOUTS.some(known => known === name)) return `${quote(part)} must be ${ALLOWED}${didYouMean(name, TIMEOUTS)}`
  if (earlier.some(other => other.split(/\s+/)[0] === name)) return `${quote(name)} is there twice; once is enough`
  if (name === 'connect' && value === 'off')
    return 'connect cannot be off: a pod that is gone would never be given up, e.g. connect 10s'
  if (more.length > 0 || timeoutMs(value) === undefined)
    return `${quote(part)} must be ${name} and a duration from 1ms to 24h${name === 'connect' ? '' : ', or off'}, e.g. ${name} 30s`
  return undefined
}

/** Every problem names the part by its number from 1. */
export const parseTimeouts = (text: string): { readonly timeouts: Timeouts } | { readonly problems: readonly string[] } => {
  const parts = text.split(',').map(part => part.trim())
  const problems = parts.flatMap((part, i) => {
    const problem = checkOne(part, parts.slice(0, i))
    return problem === undefined ? [] : [`time-out ${i + 1}: ${problem}`]
  })
  return problems.length > 0 ? { problems } : { timeouts: Object.fromEntries(parts.map(part => part.split(/\s+/))) as Timeouts }
}
