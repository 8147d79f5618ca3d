/** GET of one object and of lists. */
import type { Api } from '../api.ts'
import { type Answer, type Call, jsonAnswer } from '../call.ts'
import { badRequest, expired, notFound, tooNew } from '../failure.ts'
import type { JsonObject } from '../json.ts'
import { apiVersionOf } from '../kind.ts'
import { fieldSelector, labelSelector, type Matches } from '../selectors.ts'
import type { Stored } from '../store.ts'
import { wantsTable } from '../table/negotiate.ts'
import { renderTable } from '../table/render.ts'
import { toServed } from './convert.ts'
import { keyOf, subjectOf } from './subject.ts'

/** The objects that a list or watch is about, beyond its namespace. */
export const matchesOf = (call: Call): Matches => {
  const byLabel = labelSelector(call.query.get('labelSelector') ?? '')
  const byField = fieldSelector(call.query.get('fieldSelector') ?? '', call.kind.storage)
  return object => byLabel(object) && byField(object)
}

export const getObject = (api: Api, call: Call): Stored => {
  const object = api.store.get(keyOf(call, call.name ?? ''))
  if (!object) throw notFound(subjectOf(call.kind, call.name ?? ''))
  return object
}

export const handleGet = async (api: Api, call: Call): Promise<Answer> => {
  const object = getObject(api, call)
  const served = toServed(call.kind, object)
  if (!wantsTable(call)) return jsonAnswer(200, served)
  return jsonAnswer(
    200,
    renderTable(call, { items: [served], revision: object.metadata.resourceVersion ?? '', now: api.clock() }),
  )
}

/** A revision in a query; refuses what is no number. */
export const revisionOf = (text: string): number => {
  if (!/^\d+$/.test(text))
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: must be the version of a list or object, e.g. "1234"`,
    )
  return Number(text)
}

const checkListVersion = (api: Api, call: Call): void => {
  const asked = call.query.get('resourceVersion') ?? ''
  if (asked === '' || asked === '0') return
  const revision = revisionOf(asked)
  if (revision > api.store.revision) throw tooNew(revision, api.store.revision)
  if (call.query.get('resourceVersionMatch') === 'Exact' && revision !== api.store.revision) {
    throw expired(`The provided resource version is too old: ${revision}; only the current version can be listed exactly`)
  }
}

type Page = { readonly items: readonly Stored[]; readonly revision: number; readonly rest: readonly Stored[] }

const limitOf = (call: Call): number => {
  const limit = Number(call.query.get('limit') || 0)
  if (!Number.isInteger(limit) || limit < 0)
    throw badRequest(`limit: Invalid value: ${JSON.stringify(call.query.get('limit'))}: must be a whole number, e.g. 500`)
  return limit === 0 ? Number.POSITIVE_INFINITY : limit
}

const CONTINUE_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.'

const readPage = (api: Api, call: Call): Page => {
  const limit = limitOf(call)
  const token = call.query.get('continue')
  const from = token ? api.snapshots.take(token) : undefined
  if (token && !from) throw expired(CONTINUE_TOO_OLD)
  const items = from?.items ?? api.store.list(call.kind.storage, call.namespace).filter(matchesOf(call))
  return { items: items.slice(0, limit), rest: items.slice(limit), revision: from?.revision ?? api.store.revision }
}

/** The list says once what its items are; only custom resources say it again. */
const withoutKind = ({ apiVersion: _apiVersion, kind: _kind, ...rest }: JsonObject): JsonObject => rest

export const handleList = async (api: Api, call: Call): Promise<Answer> => {
  if (!call.query.get('continue')) checkListVersion(api, call)
  const { items, rest, revision } = readPage(api, call)
  const served = items.map(item => toServed(call.kind, item))
  const more = rest.length > 0 ? { continue: api.snapshots.keep(revision, rest), remainingItemCount: rest.length } : {}
  if (wantsTable(call))
    return jsonAnswer(200, renderTable(call, { items: served, revision: String(revision), now: api.clock(), more }))
  const list: JsonObject = {
    kind: call.kind.listKind,
    apiVersion: apiVersionOf(call.kind),
    metadata: { resourceVersion: String(revision), ...more },
    items: call.kind.custom ? served : served.map(withoutKind),
  }
  return jsonAnswer(200, list)
}
