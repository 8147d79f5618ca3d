/** Does a request belong to a header route? Pure. */
import type { HeaderRoute, RouteMatch, StringMatch } from '../api/route.ts'

/** What of a request the routes look at. Header names are lower case. */
export type RequestHead = {
  readonly method?: string | undefined
  /** As on the request line, with the query. */
  readonly url?: string | undefined
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
}

/** The version hash of the first route that the request matches, or undefined. A route matches when one of its `match` entries does. */
export const matchHeaderRoute = (routes: readonly HeaderRoute[], request: RequestHead): string | undefined => {
  for (const route of routes) {
    for (const match of route.match) if (matches(match, request)) return route.hash
  }
  return undefined
}

/** Every field of a RouteMatch must match; the path is matched without its query. */
const matches = (match: RouteMatch, { method, url, headers }: RequestHead): boolean => {
  if (match.method && !matchesText(match.method, method ?? '')) return false
  if (match.path && !matchesText(match.path, pathOf(url ?? ''))) return false
  return (match.headers ?? []).every(({ name, value }) => {
    const seen = headers[name.toLowerCase()]
    if (seen === undefined) return false
    return typeof seen === 'string' ? matchesText(value, seen) : seen.some(one => matchesText(value, one))
  })
}

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

/** `regex` never gets here: checkRoute() refuses it, since JavaScript's own engine can take exponential time on a client's header. */
const matchesText = (match: StringMatch, text: string): boolean => {
  if ('exact' in match) return text === match.exact
  if ('prefix' in match) return text.startsWith(match.prefix)
  return false
}
