/** The requests that are made of tricks.txt, each with another request, `/sN`, behind it: the one that an attacker would smuggle. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Case = {
  readonly id: number
  readonly name: string
  /** Each character is one byte. */
  readonly bytes: string
}

const SECTIONS = ['length', 'coding', 'chunks', 'first', 'lines', 'ends'] as const
type Section = (typeof SECTIONS)[number]

export type Trick = { readonly section: Section; readonly text: string; readonly bytes: string }

const NAMED: { readonly [letter: string]: string } = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' }

const readEscapes = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/\\(x[0-9a-f]{2}|[rnt0\\])/g, (_, code: string) =>
      code.startsWith('x') ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (NAMED[code] ?? ''),
    )

export const readTricks = (): readonly Trick[] => {
  let section: Section | undefined
  const tricks: Trick[] = []
  for (const text of readFileSync(join(import.meta.dirname, 'tricks.txt'), 'utf8').split('\n')) {
    if (text === '' || text.startsWith('#')) continue
    const begun = SECTIONS.find(name => text.startsWith(`[${name}]`))
    if (begun) section = begun
    else if (section) tricks.push({ section, text, bytes: readEscapes(text) })
  }
  return tricks
}

const CHUNKED = '5\r\nhello\r\n0\r\n\r\n'

type Make = (id: number, trick: string, secret: string) => string

const post = (id: number, lines: string, body: string): string => `POST /c${id} HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n${body}`

/** What is made of a trick: one request for each entry. */
const MADE: { readonly [section in Section]: { readonly [name: string]: Make } } = {
  length: {
    'with a body': (id, line, secret) => post(id, line, `hello${secret}`),
    'before chunked': (id, line, secret) => post(id, `${line}\r\nTransfer-Encoding: chunked`, `${CHUNKED}${secret}`),
  },
  coding: {
    alone: (id, line, secret) => post(id, line, `${CHUNKED}${secret}`),
    'behind a length': (id, line, secret) => {
      const body = `0\r\n\r\n${secret}`
      return post(id, `Content-Length: ${body.length}\r\n${line}`, body)
    },
    'before a length': (id, line, secret) =>
      post(id, `${line}\r\nContent-Length: 4`, `${secret.length.toString(16)}\r\n${secret}\r\n0\r\n\r\n`),
  },
  chunks: { '': (id, body, secret) => post(id, 'Transfer-Encoding: chunked', `${body}${secret}`) },
  first: { '': (id, line, secret) => `${line.replaceAll('/cN', `/c${id}`)}\r\nHost: a\r\n\r\n${secret}` },
  lines: {
    'behind the length': (id, line, secret) => post(id, `Content-Length: 5\r\n${line}`, `hello${secret}`),
    'before the length': (id, line, secret) => post(id, `${line}\r\nContent-Length: 5`, `hello${secret}`),
  },
  ends: { '': (id, end, secret) => `GET /c${id} HTTP/1.1\r\nHost: a${end}${secret}` },
}

/** Numbered from `first` on. */
export const makeCases = (first = 1): readonly Case[] => {
  const cases: Case[] = []
  for (const { section, text, bytes } of readTricks()) {
    for (const [name, make] of Object.entries(MADE[section])) {
      const id = first + cases.length
      cases.push({ id, name: `${section} ${name}: ${text}`, bytes: make(id, bytes, `GET /s${id} HTTP/1.1\r\nHost: a\r\n\r\n`) })
    }
  }
  // More lines than many parsers keep: the one that frames the message is behind them.
  for (const count of [90, 101, 500, 2_100]) {
    const id = first + cases.length
    const lines = `${'a:b\r\n'.repeat(count)}Content-Length: 5`
    cases.push({
      id,
      name: `${count} lines before the length`,
      bytes: post(id, lines, `helloGET /s${id} HTTP/1.1\r\nHost: a\r\n\r\n`),
    })
  }
  return cases
}
