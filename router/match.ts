/** Does a request belong to a header route? Pure. Routes are compiled once for each table, not for each request. */

import { compileLinear } from '../api/regex/linear.ts'
import type { HeaderRoute, RouteMatch, StringMatch } from '../api/route.ts'

/** What of a request the routes look at. Header names are lower case. */
export type RequestHead = {
  readonly method?: string | undefined
  /** As on the request line, with the query. */
  readonly url?: string | undefined
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
}

export type CompiledRoute = { readonly hash: string; readonly matches: (request: RequestHead) => boolean }

/**
 * A route matches when one of its `match` entries does. Expressions that cannot be compiled match nothing; checkRoute() has
 * refused them before.
 */
export const compileHeaderRoutes = (routes: readonly HeaderRoute[] = []): readonly CompiledRoute[] =>
  routes.map(({ match, hash }) => {
    const entries = match.map(compileMatch)
    return { hash, matches: request => entries.some(entry => entry(request)) }
  })

/** The version hash of the first route that the request matches, or undefined. */
export const matchHeaderRoute = (routes: readonly CompiledRoute[], request: RequestHead): string | undefined =>
  routes.find(({ matches }) => matches(request))?.hash

type TextTest = (text: string) => boolean

/** Every field of a RouteMatch must match; the path is matched without its query. */
const compileMatch = ({ method, path, headers = [] }: RouteMatch): ((request: RequestHead) => boolean) => {
  const isMethod = compileText(method)
  const isPath = compileText(path)
  const tests = headers.map(({ name, value }) => ({ name: name.toLowerCase(), test: compileText(value) }))
  return request =>
    isMethod(request.method ?? '') &&
    isPath(pathOf(request.url ?? '')) &&
    tests.every(({ name, test }) => {
      const seen = request.headers[name]
      if (seen === undefined) return false
      return typeof seen === 'string' ? test(seen) : seen.some(test)
    })
}

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

const compileText = (match: StringMatch | undefined): TextTest => {
  if (match === undefined) return () => true
  if ('exact' in match) return text => text === match.exact
  if ('prefix' in match) return text => text.startsWith(match.prefix)
  const regex = compileLinear(match.regex)
  return 'problem' in regex ? () => false : regex.matches
}
