/** Values of Secrets never stand in a status, however a provider or a condition came to quote them. Pure. */
import type { AnalysisRunStatus } from '../api/analysis-run.ts'
import { mapTexts } from './status-texts.ts'

const HIDDEN = '*****'

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

/** Hexadecimal digits in either case. */
const hex = (digits: string): string => digits.replace(/[a-f]/gi, digit => `[${digit.toLowerCase()}${digit.toUpperCase()}]`)

/** Each level of JSON within JSON doubles the backslashes and adds one. Four levels; a bound, so that no run of backslashes is searched twice. */
const LEVELS = 16
const BACKSLASHES = `\\\\{1,${LEVELS}}`

const unicode = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `${BACKSLASHES}u${hex(character.charCodeAt(i).toString(16).padStart(4, '0'))}`,
  ).join('')

const percent = (character: string): string =>
  [...Buffer.from(character)].map(byte => `%${hex(byte.toString(16).padStart(2, '0'))}`).join('')

const SHORT_ESCAPES: { readonly [character: string]: string } = { '\n': 'n', '\r': 'r', '\t': 't' }

/** One character as it is, escaped in JSON (that may stand in JSON again), in a URL, in a form or in HTML. */
const patternOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const short = SHORT_ESCAPES[character]
  const forms = [
    character === '"' ? `\\\\{0,${LEVELS}}"|&quot;` : escaped(character),
    ...(short === undefined ? [] : [`${BACKSLASHES}${short}`]),
    ...(character === ' ' ? ['\\+'] : []),
    ...(character === '&' ? ['&amp;'] : character === '<' ? ['&lt;'] : character === '>' ? ['&gt;'] : []),
    unicode(character),
    percent(character),
    `&#(?:${code}|[xX]${hex(code.toString(16))});`,
  ]
  return `(?:${forms.join('|')})`
}

const backslashes = (count: number): string => `(?:\\\\{${count},${count * LEVELS}}|(?:${percent('\\')}){${count}})`

const textPattern = (secret: string): string =>
  (secret.match(/\\+|[^\\]/gsu) ?? []).map(part => (part.startsWith('\\') ? backslashes(part.length) : patternOf(part))).join('')

/** Fewer characters stand anywhere by chance. */
const LEAST_BASE64 = 6

/** The secret within a longer text in base64, such as a name and a password: it begins at any of three places of a group, whose edges are shared. */
const base64Patterns = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].flatMap(offset => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const first = Math.ceil((offset * 8) / 6)
    const last = Math.floor(((offset + bytes.length) * 8) / 6)
    const core = whole.slice(first, last)
    if (core.length < LEAST_BASE64) return []
    // What shares a group with it goes too, so that nothing of the secret's first and last byte is left.
    return [
      `[\\w+/-]{0,1}${escaped(core)
        .replace(/\\?\+|-/g, '[+-]')
        .replace(/\\\/|_/g, '[/_]')}[\\w+/-]{0,1}=*`,
    ]
  })
}

/** A pattern for each character makes a long one; longer secrets, such as certificates, are looked for in equal pieces. */
const LONGEST_PATTERN = 200

const piecesOf = (secret: string): readonly string[] => {
  const characters = [...secret]
  const size = Math.ceil(characters.length / Math.ceil(characters.length / LONGEST_PATTERN))
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
    characters.slice(i * size, (i + 1) * size).join(''),
  )
}

const matchersOf = (secrets: readonly string[]): readonly RegExp[] => {
  const texts = [...new Set(secrets.flatMap(secret => [secret, secret.trim()]))].filter(secret => secret.trim() !== '')
  // Longer ones first, so that one that is part of another leaves nothing of it.
  return texts
    .sort((a, b) => b.length - a.length)
    .flatMap(piecesOf)
    .map(piece => new RegExp([textPattern(piece), ...base64Patterns(piece)].join('|'), 'gu'))
}

const hideWith =
  (matchers: readonly RegExp[]) =>
  (text: string): string =>
    matchers.reduce((rest, matcher) => rest.replace(matcher, HIDDEN), text)

export const redact = (text: string, secrets: readonly string[]): string => hideWith(matchersOf(secrets))(text)

export const redactStatus = (status: AnalysisRunStatus, secrets: readonly string[]): AnalysisRunStatus => {
  const matchers = matchersOf(secrets)
  return matchers.length === 0 ? status : mapTexts(status, hideWith(matchers))
}
