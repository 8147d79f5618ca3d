/** Cuts an expression into tokens; the last is EOF, or Wrong when the rest is no token. Pure. */
import { unescapeBytes, unescapeText } from './escapes.ts'
import { isAlphanumeric, isSpace, type Token, type TokenKind } from './token.ts'

type Lexer = {
  readonly runes: readonly string[]
  readonly tokens: Token[]
  start: number
  end: number
  problem?: Token
}

const WORDS = new Set(['in', 'or', 'and', 'matches', 'contains', 'startsWith', 'endsWith', 'let', 'if', 'else'])
const NEGATED = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith'])

const peek = (lexer: Lexer): string | undefined => lexer.runes[lexer.end]

const next = (lexer: Lexer): string | undefined => {
  const rune = lexer.runes[lexer.end]
  if (rune !== undefined) lexer.end += 1
  return rune
}

const accept = (lexer: Lexer, valid: string): boolean => {
  const rune = peek(lexer)
  if (rune === undefined || !valid.includes(rune)) return false
  lexer.end += 1
  return true
}

const acceptRun = (lexer: Lexer, valid: string): void => {
  while (accept(lexer, valid));
}

const word = (lexer: Lexer): string => lexer.runes.slice(lexer.start, lexer.end).join('')

const emit = (lexer: Lexer, kind: TokenKind, value = word(lexer), bytes?: Uint8Array): void => {
  const token = { kind, value, span: { from: lexer.start, to: lexer.end } }
  lexer.tokens.push(bytes ? { ...token, bytes } : token)
  lexer.start = lexer.end
}

const complain = (lexer: Lexer, message: string): void => {
  const end = lexer.end + (peek(lexer) === undefined ? 1 : 0)
  lexer.problem ??= { kind: 'Wrong', value: message, span: { from: Math.max(0, end - 1), to: end } }
}

const isDigit = (rune: string | undefined, base: 8 | 16): boolean =>
  rune !== undefined && (base === 8 ? /^[0-7]$/ : /^[0-9a-fA-F]$/).test(rune)

/** How many runes after the backslash belong to it; undefined when that is no escape. */
const escapeLength = (rest: readonly string[], quote: string): number | undefined => {
  const count = (from: number, size: number, base: 8 | 16): number | undefined =>
    rest.slice(from, from + size).filter(rune => isDigit(rune, base)).length === size ? from + size : undefined
  const [letter = ''] = rest
  if (letter !== '' && (`abfnrtv\\`.includes(letter) || letter === quote)) return 1
  if (isDigit(letter, 8)) return count(0, 3, 8)
  if (letter === 'x') return count(1, 2, 16)
  if (letter === 'U') return count(1, 8, 16)
  if (letter !== 'u') return undefined
  if (rest[1] !== '{') return count(1, 4, 16)
  const close = rest.slice(0, 9).indexOf('}')
  return close > 2 && rest.slice(2, close).every(rune => isDigit(rune, 16)) ? close + 1 : undefined
}

/** To the closing quote, which is included. */
const scanQuoted = (lexer: Lexer, quote: string): boolean => {
  for (;;) {
    const rune = next(lexer)
    if (rune === quote) return true
    if (rune === undefined || rune === '\n') {
      complain(lexer, 'literal not terminated')
      return false
    }
    if (rune !== '\\') continue
    const length = escapeLength(lexer.runes.slice(lexer.end, lexer.end + 10), quote)
    if (length === undefined) {
      next(lexer)
      complain(lexer, 'invalid char escape')
      return false
    }
    lexer.end += length
  }
}

const quoted = (lexer: Lexer, quote: string): void => {
  if (!scanQuoted(lexer, quote)) return
  const done = unescapeText(word(lexer))
  if ('problem' in done) complain(lexer, done.problem)
  else emit(lexer, 'String', done.text)
}

const bytesLiteral = (lexer: Lexer): void => {
  const quote = next(lexer) ?? ''
  if (!scanQuoted(lexer, quote)) return
  const done = unescapeBytes(word(lexer).slice(1))
  if ('problem' in done) complain(lexer, done.problem)
  // The text is only for messages.
  else emit(lexer, 'Bytes', word(lexer), done.bytes)
}

/** Between back quotes; two of them stand for one. */
const raw = (lexer: Lexer): void => {
  for (;;) {
    const rune = next(lexer)
    if (rune === undefined) {
      complain(lexer, 'literal not terminated')
      return
    }
    if (rune !== '`') continue
    if (!accept(lexer, '`')) break
  }
  emit(lexer, 'String', word(lexer).slice(1, -1).replaceAll('``', '`'))
}

const digitsOf = (lexer: Lexer): string => {
  if (!accept(lexer, '0')) return '0123456789_'
  if (accept(lexer, 'xX')) return '0123456789abcdefABCDEF_'
  if (accept(lexer, 'oO')) return '01234567_'
  return accept(lexer, 'bB') ? '01_' : '0123456789_'
}

const number = (lexer: Lexer): void => {
  const digits = digitsOf(lexer)
  acceptRun(lexer, digits)
  const end = lexer.end
  if (accept(lexer, '.')) {
    if (peek(lexer) === '.') {
      // Two dots are a range.
      lexer.end = end
      emit(lexer, 'Number')
      return
    }
    acceptRun(lexer, digits)
  }
  if (accept(lexer, 'eE')) {
    accept(lexer, '+-')
    acceptRun(lexer, digits)
  }
  if (!isAlphanumeric(peek(lexer))) {
    emit(lexer, 'Number')
    return
  }
  lexer.end += 1
  complain(lexer, `bad number syntax: ${JSON.stringify(word(lexer))}`)
}

const absorbWord = (lexer: Lexer): void => {
  while (isAlphanumeric(peek(lexer))) lexer.end += 1
}

/** `not`, and the word after it when both are one operator. */
const not = (lexer: Lexer): void => {
  emit(lexer, 'Operator')
  acceptRun(lexer, ' ')
  lexer.start = lexer.end
  const end = lexer.end
  absorbWord(lexer)
  if (NEGATED.has(word(lexer))) emit(lexer, 'Operator')
  else lexer.end = end
}

const identifier = (lexer: Lexer): void => {
  absorbWord(lexer)
  const text = word(lexer)
  if (text === 'not') not(lexer)
  else emit(lexer, WORDS.has(text) ? 'Operator' : 'Identifier')
}

const pointer = (lexer: Lexer): void => {
  accept(lexer, '#')
  emit(lexer, 'Operator')
  absorbWord(lexer)
  if (lexer.end > lexer.start) emit(lexer, 'Identifier')
}

const slash = (lexer: Lexer): void => {
  if (accept(lexer, '/')) {
    for (let rune = next(lexer); rune !== undefined && rune !== '\n'; ) rune = next(lexer)
  } else if (accept(lexer, '*')) {
    for (let rune = next(lexer); !(rune === '*' && accept(lexer, '/')); rune = next(lexer)) {
      if (rune === undefined) {
        complain(lexer, 'unclosed comment')
        return
      }
    }
  } else {
    emit(lexer, 'Operator')
  }
  lexer.start = lexer.end
}

const dot = (lexer: Lexer): void => {
  if (/^[0-9]$/.test(peek(lexer) ?? '')) {
    number(lexer)
    return
  }
  accept(lexer, '.')
  emit(lexer, 'Operator')
}

/** What may follow a first rune to make an operator of two. */
const SECOND: { readonly [first: string]: string } = {
  '?': '.?',
  '|': '|',
  ':': ':',
  ...Object.fromEntries([...'&!=*<>'].map(first => [first, '&=*'])),
  ...Object.fromEntries([...',;%+-^'].map(first => [first, ''])),
}

const symbol = (lexer: Lexer, rune: string): void => {
  const second = SECOND[rune]
  if (second !== undefined) {
    accept(lexer, second)
    emit(lexer, 'Operator')
    return
  }
  if ('([{)]}'.includes(rune)) {
    emit(lexer, 'Bracket')
    return
  }
  if (isAlphanumeric(rune)) {
    identifier(lexer)
    return
  }
  const code = (rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  complain(lexer, `unrecognized character: U+${code} '${rune}'`)
}

const LITERALS: { readonly [first: string]: (lexer: Lexer, rune: string) => void } = {
  "'": quoted,
  '"': quoted,
  '`': raw,
  '/': slash,
  '#': pointer,
  '.': dot,
}

const scan = (lexer: Lexer, rune: string): void => {
  if (isSpace(rune)) {
    lexer.start = lexer.end
  } else if ((rune === 'b' || rune === 'B') && (peek(lexer) === "'" || peek(lexer) === '"')) {
    bytesLiteral(lexer)
  } else if (/^[0-9]$/.test(rune)) {
    lexer.end -= 1
    number(lexer)
  } else {
    const literal = LITERALS[rune] ?? symbol
    literal(lexer, rune)
  }
}

export const lex = (source: string): readonly Token[] => {
  const lexer: Lexer = { runes: [...source], tokens: [], start: 0, end: 0 }
  for (let rune = next(lexer); rune !== undefined; rune = next(lexer)) {
    const before = lexer.tokens.length
    scan(lexer, rune)
    if (lexer.problem) return [...lexer.tokens.slice(0, before), lexer.problem]
  }
  lexer.tokens.push({ kind: 'EOF', value: '', span: { from: Math.max(0, lexer.end - 1), to: lexer.end } })
  return lexer.tokens
}
