/** Which form of an answer the Accept header asks for. */
import type { Call } from '../call.ts'
import { notAcceptable } from '../failure.ts'

const JSON_TYPES = ['application/json', 'application/*', '*/*']

type Range = { readonly type: string; readonly parameters: { readonly [name: string]: string } }

/** The media ranges of an Accept header in their order. */
export const acceptedRanges = (header: string | undefined): readonly Range[] =>
  (header || '*/*').split(',').map(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim())
    return {
      type: type.toLowerCase(),
      parameters: Object.fromEntries(parameters.map(part => part.split('=').map(side => side.trim()))) as {
        [name: string]: string
      },
    }
  })

/** True when a Table is asked for before plain JSON. */
export const wantsTable = (call: Pick<Call, 'headers'>): boolean => {
  const first = acceptedRanges(call.headers['accept']).find(
    ({ type, parameters }) => JSON_TYPES.includes(type) && (!parameters['as'] || parameters['as'] === 'Table'),
  )
  return first?.parameters['as'] === 'Table'
}

/** Refuses (406) a request that takes no JSON at all. */
export const checkAcceptable = (header: string | undefined): void => {
  const plain = acceptedRanges(header).some(
    ({ type, parameters }) => JSON_TYPES.includes(type) && (!parameters['as'] || parameters['as'] === 'Table'),
  )
  if (!plain) throw notAcceptable(['application/json', 'application/json;as=Table;v=v1;g=meta.k8s.io'])
}
