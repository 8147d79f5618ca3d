/** Steps that send chosen requests to the canary: `header(X-Canary=yes)`, `cookie(beta=1)`, `query(group^=test-)`. */
import { quote } from './quote.ts'
import { compileLinear } from './regex/linear.ts'
import type { RequestPart } from './request-part.ts'
import type { StringMatch } from './route.ts'

export type MatchStep = { readonly kind: 'match'; readonly part: RequestPart; readonly value: StringMatch }

type Of = RequestPart['of']

/** As they are called in messages, with an example of each. */
const PARTS: { readonly [of in Of]: { readonly noun: string; readonly example: string; readonly name: RegExp } } = {
  header: { noun: 'a header', example: 'header(X-Canary=yes)', name: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/ },
  // RFC 6265 4.1.1: the name is a token, as a header's is.
  cookie: { noun: 'a cookie', example: 'cookie(canary=yes)', name: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/ },
  query: { noun: 'a query parameter', example: 'query(canary=yes)', name: /^\S(?:.*\S)?$/s },
}

const OPERATORS: { readonly [sign: string]: (value: string) => StringMatch } = {
  '^': prefix => ({ prefix }),
  '~': regex => ({ regex }),
}

/** What stands in the parentheses, or the problem with it. */
export const parseMatch = (of: Of, text: string): { readonly step: MatchStep } | { readonly problem: string } => {
  const { noun, example, name: allowed } = PARTS[of]
  const at = text.indexOf('=')
  const operator = OPERATORS[text[at - 1] ?? '']
  const name = text.slice(0, operator ? at - 1 : Math.max(0, at)).trim()
  const value = text.slice(at + 1).trim()
  if (at < 0 || value === '' || !allowed.test(name))
    return { problem: `${of}(${text}) must hold the name of ${noun} and its value, e.g. ${example}` }
  const match = operator?.(value) ?? { exact: value }
  if ('regex' in match) {
    const compiled = compileLinear(match.regex)
    if ('problem' in compiled)
      return {
        problem: `${of}(${text}): the expression ${quote(match.regex)} ${compiled.problem}, e.g. ${of}(${name}~=beta-[0-9]+)`,
      }
  }
  return { step: { kind: 'match', part: { of, name }, value: match } }
}

/** As it is written in the annotation. */
export const renderMatch = ({ of, name }: RequestPart, value: StringMatch): string => {
  if ('exact' in value) return `${of}(${name}=${value.exact})`
  return 'prefix' in value ? `${of}(${name}^=${value.prefix})` : `${of}(${name}~=${value.regex})`
}
