/** Random requests made of the tricks: several in one, in any order, with bytes changed. */
import fc from 'fast-check'
import { isHttp } from './agree.ts'
import { type Case, readTricks, type Trick } from './corpus.ts'

const tricks = readTricks()
const of = (section: Trick['section']) =>
  fc.constantFrom(...tricks.filter(trick => trick.section === section).map(({ bytes }) => bytes))
const usual = fc.constantFrom('Accept: */*', 'X: y', 'Cookie: a=b', 'Connection: keep-alive', 'Content-Type: text/plain')
const line = fc.oneof(
  { weight: 4, arbitrary: usual },
  { weight: 2, arbitrary: fc.constantFrom('Content-Length: 5', 'Transfer-Encoding: chunked', 'Content-Length: 37') },
  { weight: 1, arbitrary: of('length') },
  { weight: 1, arbitrary: of('coding') },
  { weight: 1, arbitrary: of('lines') },
)
const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH')
const body = fc.oneof(of('chunks'), fc.constantFrom('hello', '', '0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n'))
const change = fc.record({
  /** Part of the way through the bytes. */
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  byte: fc.constantFrom('\r', '\n', '\0', ' ', '\t', ':', ';', ',', '0', 'a', '\x0b', '\xa0', ''),
  /** In the place of a byte, or before it. */
  replaces: fc.boolean(),
})
/** Most have one change at most: of what is broken in many places nothing gets far. */
const changes = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: fc.array(change, { maxLength: 2 }) })
const plan = fc.record({ method, lines: fc.array(line, { maxLength: 4 }), body, changes, again: fc.boolean() })

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never

const render = (id: number, { method: verb, lines, body: rest, changes: edits, again }: Plan): string => {
  const head = `${verb} /c${id} HTTP/1.1\r\nHost: a\r\n${lines.map(one => `${one}\r\n`).join('')}\r\n`
  const secret = `GET /s${id} HTTP/1.1\r\nHost: a\r\n\r\n`
  let bytes = `${head}${rest}${secret}${again ? secret : ''}`
  for (const { at, byte, replaces } of edits) {
    const place = Math.floor(at * bytes.length)
    bytes = bytes.slice(0, place) + byte + bytes.slice(place + (replaces ? 1 : 0))
  }
  return bytes
}

/** The same for the same seed. */
export const randomCases = (seed: number, count: number): readonly Case[] =>
  fc
    .sample(plan, { seed, numRuns: count })
    .map((one, i) => ({ id: i + 1, name: `seed ${seed}`, bytes: render(i + 1, one) }))
    .filter(isHttp)
