/** The tokens of the language. Pure. */
import type { Span } from '../problem.ts'

export type TokenKind = 'Identifier' | 'Number' | 'String' | 'Bytes' | 'Operator' | 'Bracket' | 'EOF' | 'Wrong'

export type Token = {
  readonly kind: TokenKind
  /** For a Wrong token: the message. */
  readonly value: string
  /** For Bytes. */
  readonly bytes?: Uint8Array
  readonly span: Span
}

export const is = (token: Token, kind: TokenKind, value?: string): boolean =>
  token.kind === kind && (value === undefined || token.value === value)

/** Go's %q is close to JSON's. */
export const tokenText = ({ kind, value }: Token): string => (value === '' ? kind : `${kind}(${JSON.stringify(value)})`)

const ALPHABETIC = /^[\p{L}_$]$/u
const ALPHANUMERIC = /^[\p{L}\p{Nd}_$]$/u
const SPACE = /^[\p{White_Space}]$/u

export const isAlphabetic = (rune: string | undefined): boolean => rune !== undefined && ALPHABETIC.test(rune)
export const isAlphanumeric = (rune: string | undefined): boolean => rune !== undefined && ALPHANUMERIC.test(rune)
export const isSpace = (rune: string): boolean => SPACE.test(rune)

export const isIdentifier = (text: string): boolean => /^[\p{L}_$][\p{L}\p{Nd}_$]*$/u.test(text)
