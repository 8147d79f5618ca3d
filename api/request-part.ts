/**
 * What of a request a step or a route looks at by name. Argo Rollouts' steps know headers only; here `cookie(NAME)` and `query(NAME)`
 * may stand where they want a header's name. No header can have such a name: parentheses are not allowed in one (RFC 9110 5.6.2).
 */

export type RequestPart = { readonly of: 'header' | 'cookie' | 'query'; readonly name: string }

const NAMED = /^(cookie|query)\((.*)\)$/s

/** `cookie(beta)` is the cookie beta, `X-Beta` the header X-Beta. */
export const readPart = (text: string): RequestPart => {
  const [, of, name] = NAMED.exec(text) ?? []
  return (of === 'cookie' || of === 'query') && name !== undefined ? { of, name } : { of: 'header', name: text }
}

/** The opposite of readPart(). */
export const partName = ({ of, name }: RequestPart): string => (of === 'header' ? name : `${of}(${name})`)
