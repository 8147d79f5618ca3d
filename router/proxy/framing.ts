/**
 * Requests that two parsers could read differently are refused before anything of them is passed on: that is how a request is
 * smuggled past a proxy. Pure. Node's parser (strict mode) has already refused the worst (RFC 9112: both lengths, bad lengths,
 * bare CR); this adds what it lets through.
 */

export type Refusal = { readonly status: 400 | 501; readonly why: string }

type Head = { readonly httpVersion: string; readonly rawHeaders: readonly string[] }

type Seen = { host: number; connection: number; 'content-length': number; 'transfer-encoding': number; coding: string }

/**
 * Undefined when there is exactly one way to read the request's framing and its target. `rawHeaders` is name, value, name,
 * value.
 */
export const refuseAmbiguous = ({ httpVersion, rawHeaders }: Head): Refusal | undefined => {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return refuse('only HTTP/1.1 and HTTP/1.0 are spoken here')
  const seen: Seen = { host: 0, connection: 0, 'content-length': 0, 'transfer-encoding': 0, coding: '' }
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = framingName(rawHeaders[i] ?? '')
    if (!name) continue
    const value = rawHeaders[i + 1] ?? ''
    seen[name] += 1
    if (name === 'transfer-encoding') seen.coding = value.trim().toLowerCase()
    if (name === 'connection' && namesFraming(value)) return refuse('Connection names a header that frames the message')
  }
  return judge(seen, httpVersion)
}

/** The lengths tell most headers apart without changing their case. */
const framingName = (name: string): 'host' | 'connection' | 'content-length' | 'transfer-encoding' | undefined => {
  if (name.length !== 4 && name.length !== 10 && name.length !== 14 && name.length !== 17) return undefined
  const lower = name.toLowerCase()
  return lower === 'host' || lower === 'connection' || lower === 'content-length' || lower === 'transfer-encoding'
    ? lower
    : undefined
}

const judge = (
  { host, 'content-length': lengths, 'transfer-encoding': codings, coding }: Seen,
  httpVersion: string,
): Refusal | undefined => {
  if (host > 1) return refuse('Host is given twice')
  if (lengths > 1) return refuse('Content-Length is given twice')
  if (codings === 0) return undefined
  if (codings > 1) return refuse('Transfer-Encoding is given twice')
  if (lengths > 0) return refuse('Content-Length and Transfer-Encoding are both given')
  if (httpVersion !== '1.1') return refuse('Transfer-Encoding needs HTTP/1.1')
  return coding === 'chunked' ? undefined : { status: 501, why: 'Transfer-Encoding must be chunked' }
}

const refuse = (why: string): Refusal => ({ status: 400, why })

const FRAMING = /(?:^|,)[ \t]*(?:content-length|transfer-encoding|host)[ \t]*(?:,|$)/i

const namesFraming = (value: string): boolean => FRAMING.test(value)
