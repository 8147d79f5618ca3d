/** Does a request belong to a header route? Pure. Routes are compiled once for each table, not for each request. */

import { compileLinear } from '../api/regex/linear.ts'
import type { HeaderRoute, RouteMatch, StringMatch } from '../api/route.ts'
import { findCookie } from './cookies.ts'
import { hasParameter } from './query.ts'

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
type RequestTest = (request: RequestHead) => boolean

/** Every field of a RouteMatch must match; the path is matched without its query. */
const compileMatch = ({ method, path, headers = [], cookies = [], queryParams = [] }: RouteMatch): RequestTest => {
  const tests: readonly RequestTest[] = [
    ...(method ? [compileMethod(method)] : []),
    ...(path ? [compilePath(path)] : []),
    ...headers.map(compileHeader),
    ...cookies.map(compileCookie),
    ...queryParams.map(compileParameter),
  ]
  return request => tests.every(test => test(request))
}

const compileMethod = (match: StringMatch): RequestTest => {
  const test = compileText(match)
  return ({ method = '' }) => test(method)
}

const compilePath = (match: StringMatch): RequestTest => {
  const test = compileText(match)
  return ({ url = '' }) => test(pathOf(url))
}

type Named = { readonly name: string; readonly value: StringMatch }

const compileHeader = ({ name, value }: Named): RequestTest => {
  const key = name.toLowerCase()
  const test = compileText(value)
  return ({ headers }) => {
    const seen = headers[key]
    if (seen === undefined) return false
    return typeof seen === 'string' ? test(seen) : seen.some(test)
  }
}

const compileCookie = ({ name, value }: Named): RequestTest => {
  const test = compileText(value)
  const has = (header: string): boolean => findCookie(header, name, test) !== undefined
  return ({ headers: { cookie } }) => {
    if (cookie === undefined) return false
    return typeof cookie === 'string' ? has(cookie) : cookie.some(has)
  }
}

const compileParameter = ({ name, value }: Named): RequestTest => {
  const test = compileText(value)
  return ({ url = '' }) => hasParameter(url, name, test)
}

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

const compileText = (match: StringMatch): TextTest => {
  if ('exact' in match) return text => text === match.exact
  if ('prefix' in match) return text => text.startsWith(match.prefix)
  const regex = compileLinear(match.regex)
  return 'problem' in regex ? () => false : regex.matches
}
