/** A TypeScript file read just far enough to know what it imports and which names its code uses. */

export type Import = {
  /** As written, e.g. `../api/names.ts`, `node:fs`, `undici`. */
  readonly from: string
  readonly line: number
  /** `import type`: nothing at run time. */
  readonly typeOnly: boolean
  /** `await import(…)`. */
  readonly lazy: boolean
}

export type Scanned = {
  readonly imports: readonly Import[]
  /** The text with comments, strings and regular expressions blanked; positions and lines as in the file. */
  readonly code: string
}

/** What may stand before a `/` that begins a regular expression; after anything else it divides, or ends a JSX tag. */
const BEFORE_REGEX = /(?:^|[=(,:[!&|?{};+*%>~^-]|\breturn|\btypeof|\bcase|=>)\s*$/

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

const TOKEN = {
  plain: /[^/'"`{}]+/y,
  lineComment: /\/\/[^\n]*/y,
  blockComment: /\/\*[\s\S]*?\*\//y,
  string: /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y,
  regex: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*/y,
  templateText: /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y,
} as const

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Walks the text once. `strings` holds the literal that begins at each position. */
class Scanner {
  readonly strings = new Map<number, string>()
  readonly #text: string
  #code = ''
  /** Depth of braces at which each `${` was opened. */
  readonly #templates: number[] = []
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): string {
    while (this.#code.length < this.#text.length) this.#step()
    return this.#code
  }

  #step(): void {
    const at = this.#code.length
    const plain = matchAt(TOKEN.plain, this.#text, at)
    const hidden = plain ?? this.#hiddenAt(at)
    const string = hidden ?? matchAt(TOKEN.string, this.#text, at)
    if (plain !== undefined) this.#code += plain
    else if (hidden !== undefined) this.#hide(hidden)
    else if (string !== undefined) this.#string(string)
    else this.#character(this.#text[at] ?? '')
  }

  /** A comment or a regular expression. */
  #hiddenAt(at: number): string | undefined {
    if (this.#text[at] !== '/') return undefined
    const comment = matchAt(TOKEN.lineComment, this.#text, at) ?? matchAt(TOKEN.blockComment, this.#text, at)
    return comment ?? (BEFORE_REGEX.test(this.#code.slice(-40)) ? matchAt(TOKEN.regex, this.#text, at) : undefined)
  }

  #string(literal: string): void {
    const content = literal.slice(1, -1)
    this.strings.set(this.#code.length, content)
    this.#code += `'${blank(content)}'`
  }

  #character(character: string): void {
    this.#code += character
    if (character === '`') this.#templateText()
    else if (character === '{') this.#depth += 1
    else if (character === '}') {
      this.#depth -= 1
      if (this.#templates.at(-1) === this.#depth) {
        this.#templates.pop()
        this.#templateText()
      }
    }
  }

  /** Up to the closing backtick or the next `${`. */
  #templateText(): void {
    this.#hide(matchAt(TOKEN.templateText, this.#text, this.#code.length) ?? '')
    if (this.#text.startsWith('${', this.#code.length)) {
      this.#code += '${'
      this.#templates.push(this.#depth)
      this.#depth += 1
    } else this.#code += this.#text[this.#code.length] ?? ''
  }

  #hide(text: string): void {
    this.#code += blank(text)
  }
}

const CLAUSE = String.raw`(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*\{[^}]*\})?)`
const STATIC = new RegExp(String.raw`\b(?:import|export)\s+(type\s+)?${CLAUSE}\s+from\s*(?=')`, 'g')
const BARE = /(?:^|\n)\s*import\s*(?=')/g
const LAZY = /\bawait\s+import\s*\(\s*(?=')/g
const IN_TYPE = /(?<!await\s+)\bimport\s*\(\s*(?=')/g

export const scan = (text: string): Scanned => {
  const scanner = new Scanner(text)
  const code = scanner.run()
  const find = (pattern: RegExp, kind: (match: RegExpMatchArray) => Pick<Import, 'typeOnly' | 'lazy'>): Import[] =>
    [...code.matchAll(pattern)].map(match => {
      const end = match.index + match[0].length
      return { from: scanner.strings.get(end) ?? '', line: code.slice(0, end).split('\n').length, ...kind(match) }
    })
  const imports = [
    ...find(STATIC, match => ({ typeOnly: match[1] !== undefined, lazy: false })),
    ...find(BARE, () => ({ typeOnly: false, lazy: false })),
    ...find(LAZY, () => ({ typeOnly: false, lazy: true })),
    ...find(IN_TYPE, () => ({ typeOnly: true, lazy: false })),
  ]
  return { imports, code }
}
