/**
 * Requests that two parsers could read differently are refused before anything of them is passed on: that is how a request is smuggled past
 * a proxy. Pure. Node's parser (strict mode) has already refused the worst (RFC 9112: both lengths, bad lengths, bare CR); this adds what it lets through.
 */

export type Refusal = { readonly status: 400 | 501; readonly why: string }

type Head = { readonly httpVersion: string; readonly rawHeaders: readonly string[] }

/** Undefined when there is exactly one way to read the request's framing and its target. `rawHeaders` is name, value, name, value. */
export const refuseAmbiguous = ({ httpVersion, rawHeaders }: Head): Refusal | undefined => {
  let hosts = 0
  let lengths = 0
  let coding: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    // The lengths tell most headers apart without changing their case.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') hosts += 1
        break
      case 10:
        if (name.toLowerCase() === 'connection' && namesFraming(rawHeaders[i + 1] ?? ''))
          return refuse('Connection names a header that frames the message')
        break
      case 14:
        if (name.toLowerCase() === 'content-length') lengths += 1
        break
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') break
        if (coding !== undefined) return refuse('Transfer-Encoding is given twice')
        coding = (rawHeaders[i + 1] ?? '').trim().toLowerCase()
        break
    }
  }
  if (hosts > 1) return refuse('Host is given twice')
  if (lengths > 1) return refuse('Content-Length is given twice')
  if (coding === undefined) return undefined
  if (lengths > 0) return refuse('Content-Length and Transfer-Encoding are both given')
  if (httpVersion !== '1.1') return refuse('Transfer-Encoding needs HTTP/1.1')
  return coding === 'chunked' ? undefined : { status: 501, why: 'Transfer-Encoding must be chunked' }
}

const refuse = (why: string): Refusal => ({ status: 400, why })

const FRAMING = /(?:^|,)[ \t]*(?:content-length|transfer-encoding|host)[ \t]*(?:,|$)/i

const namesFraming = (value: string): boolean => FRAMING.test(value)
