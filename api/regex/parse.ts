/** Reads a regular expression into a tree; see linear.ts for the syntax. Pure. */

export type Test = (code: number) => boolean

export type Node =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'all'; readonly parts: readonly Node[] }
  | { readonly kind: 'any'; readonly choices: readonly Node[] }
  | Repeat

export type Repeat = { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number }

const MAX_REPEAT = 100

/** Throws SyntaxError with a sentence that goes on from the expression, e.g. `has a ( that is not closed at 3`. */
export const parseRegex = (source: string): Node => new Parser(source).parse()

const between =
  (low: number, high: number): Test =>
  code =>
    code >= low && code <= high
const either =
  (tests: readonly Test[]): Test =>
  code =>
    tests.some(test => test(code))
const not =
  (test: Test): Test =>
  code =>
    !test(code)
const literal = (character: string): Test => between(character.charCodeAt(0), character.charCodeAt(0))

const DIGIT = between(0x30, 0x39)
const WORD = either([DIGIT, between(0x41, 0x5a), between(0x61, 0x7a), literal('_')])
const SPACE: Test = code => code === 0x20 || (code >= 0x09 && code <= 0x0d)
const CLASSES: { readonly [letter: string]: Test } = { d: DIGIT, D: not(DIGIT), w: WORD, W: not(WORD), s: SPACE, S: not(SPACE) }
const CONTROLS: { readonly [letter: string]: string } = { t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' }

/** ASCII only, as headers and paths are. */
const swapCase = (code: number): number => ((code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) ? code ^ 0x20 : code)

class Parser {
  readonly #source: string
  readonly #ignoreCase: boolean
  #at = 0

  constructor(source: string) {
    this.#ignoreCase = source.startsWith('(?i)')
    this.#source = this.#ignoreCase ? source.slice(4) : source
  }

  parse(): Node {
    const node = this.#choices()
    if (this.#at < this.#source.length) throw new SyntaxError(`has a ) that closes nothing at ${this.#at}`)
    return node
  }

  #choices(): Node {
    const choices = [this.#sequence()]
    while (this.#take('|')) choices.push(this.#sequence())
    return choices.length === 1 && choices[0] ? choices[0] : { kind: 'any', choices }
  }

  #sequence(): Node {
    const parts: Node[] = []
    while (this.#at < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')') parts.push(this.#repeated())
    return { kind: 'all', parts }
  }

  #repeated(): Node {
    let node = this.#atom()
    for (let bounds = this.#bounds(); bounds; bounds = this.#bounds()) {
      node = { kind: 'repeat', of: node, ...bounds }
      // Greedy or not makes no difference to whether the whole text matches.
      this.#take('?')
    }
    return node
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { min: 0, max: 1 }
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.#source.slice(this.#at))
    if (!found) return undefined
    this.#at += found[0].length
    const [, least, hasMost, most] = found
    const min = Number(least)
    const max = hasMost === undefined ? min : most ? Number(most) : Number.POSITIVE_INFINITY
    const fits = min <= MAX_REPEAT && (max <= MAX_REPEAT || max === Number.POSITIVE_INFINITY) && min <= max
    if (!fits) throw new SyntaxError(`has ${found[0]}; counts go up to ${MAX_REPEAT}, the smaller first`)
    return { min, max }
  }

  #atom(): Node {
    const at = this.#at
    const character = this.#next()
    switch (character) {
      case '(':
        return this.#group(at)
      case '[':
        return this.#one(this.#class(at))
      case '.':
        return { kind: 'one', test: not(literal('\n')) }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return this.#one(this.#escape())
      case '*':
      case '+':
      case '?':
        throw new SyntaxError(`has a ${character} with nothing to repeat at ${at}`)
      default:
        return this.#one(literal(character))
    }
  }

  #group(at: number): Node {
    if (this.#source.startsWith('?:', this.#at)) this.#at += 2
    else if (this.#peek() === '?')
      throw new SyntaxError(`has (${this.#source.slice(this.#at, this.#at + 2)} at ${at}; only (?: and a leading (?i) are known`)
    const node = this.#choices()
    if (!this.#take(')')) throw new SyntaxError(`has a ( that is not closed at ${at}`)
    return node
  }

  #class(at: number): Test {
    const isNegated = this.#take('^')
    const tests: Test[] = []
    // A ] in the first place is a member.
    while (tests.length === 0 || this.#peek() !== ']') {
      if (this.#at >= this.#source.length) throw new SyntaxError(`has a [ that is not closed at ${at}`)
      tests.push(this.#member())
    }
    this.#at += 1
    return isNegated ? not(this.#folded(either(tests))) : either(tests)
  }

  #member(): Test {
    const first = this.#next()
    if (first === '\\') return this.#escape()
    const isRange = this.#peek() === '-' && this.#at + 1 < this.#source.length && this.#source[this.#at + 1] !== ']'
    if (!isRange) return literal(first)
    this.#at += 1
    const last = this.#next()
    if (last === '\\' || last < first) throw new SyntaxError(`has the range ${first}-${last}, which goes nowhere`)
    return between(first.charCodeAt(0), last.charCodeAt(0))
  }

  #escape(): Test {
    const letter = this.#next()
    const known = CLASSES[letter]
    if (known) return known
    const control = CONTROLS[letter]
    if (control === undefined && /[a-zA-Z0-9]/.test(letter)) throw new SyntaxError(`has \\${letter}, which is not known here`)
    return literal(control ?? letter)
  }

  #one(test: Test): Node {
    return { kind: 'one', test: this.#folded(test) }
  }

  #folded(test: Test): Test {
    return this.#ignoreCase ? code => test(code) || test(swapCase(code)) : test
  }

  #peek(): string | undefined {
    return this.#source[this.#at]
  }

  #next(): string {
    const character = this.#source[this.#at]
    if (character === undefined) throw new SyntaxError('ends in the middle')
    this.#at += 1
    return character
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at += 1
    return true
  }
}
