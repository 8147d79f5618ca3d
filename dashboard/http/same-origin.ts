/** Which requests may change something: only our own page's, and those of programs that bring their own token. Pure. */
import type { IncomingHttpHeaders } from 'node:http'

/** A page of another origin cannot send it without asking first, and we never say yes to that question. */
export const OWN_HEADER = 'x-sluice-request'

const hostOf = (origin: string): string | undefined => {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}

/** Browsers say where a request comes from; what they say must be us. */
const isOwnPage = ({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean => {
  if (site !== undefined && site !== 'same-origin') return false
  return origin === undefined || (host !== undefined && hostOf(origin) === host)
}

/** Neither a browser's headers nor anything a browser would add by itself. */
export const isProgram = ({ cookie, origin, authorization, ...headers }: IncomingHttpHeaders): boolean =>
  cookie === undefined && origin === undefined && headers['sec-fetch-site'] === undefined && authorization !== undefined

/** Undefined when it may; else why not. */
export const refusalOf = (headers: IncomingHttpHeaders): string | undefined => {
  if (!isOwnPage(headers)) return 'the request comes from another page; open the dashboard itself'
  if (headers[OWN_HEADER] === '1' || isProgram(headers)) return undefined
  return 'the request lacks the header X-Sluice-Request: 1'
}

/** On loopback a page of another site may reach us under a name of its own (DNS rebinding); it is not let in. */
export const isLoopbackHost = (host: string | undefined): boolean => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '')
