/** Which handler answers a method on an object, a list or a subresource. */
import type { Api } from '../api.ts'
import type { Answer, Call } from '../call.ts'
import { unknownResource } from '../failure.ts'
import { handleCreate } from './create.ts'
import { handleDelete, handleDeleteCollection } from './delete.ts'
import { handlePatch } from './patch.ts'
import { handleBinding, handleEviction, handleFinalize, handleLog } from './pod-subresources.ts'
import { handleGet, handleList } from './read.ts'
import { handleTokenRequest } from './reviews.ts'
import { handleGetScale, handlePatchScale, handleReplaceScale } from './scale.ts'
import { handleReplace } from './update.ts'
import { handleWatch } from './watch.ts'

export type Handler = (api: Api, call: Call) => Promise<Answer>

type Methods = { readonly [method: string]: Handler }

const LIST: Methods = { POST: handleCreate, DELETE: handleDeleteCollection }
const OBJECT: Methods = { GET: handleGet, PUT: handleReplace, PATCH: handlePatch, DELETE: handleDelete }
const SCALE: Methods = { GET: handleGetScale, PUT: handleReplaceScale, PATCH: handlePatchScale }
const STATUS: Methods = { GET: handleGet, PUT: handleReplace, PATCH: handlePatch }
const OTHERS: { readonly [subresource: string]: Methods } = {
  log: { GET: handleLog },
  eviction: { POST: handleEviction },
  binding: { POST: handleBinding },
  finalize: { PUT: handleFinalize },
  token: { POST: handleTokenRequest },
}

const isWatch = (call: Call) => ['true', '1'].includes(call.query.get('watch') ?? '')

const subresourceMethods = (call: Call): Methods => {
  const { kind, subresource = '' } = call
  if (subresource === 'status' && kind.hasStatus) return STATUS
  if (subresource === 'scale' && kind.scale) return SCALE
  const others = kind.subresources.includes(subresource) ? OTHERS[subresource] : undefined
  if (!others) throw unknownResource()
  return others
}

/** A list over all namespaces may only be read. */
const listHandler = (call: Call): Handler | undefined => {
  if (call.method === 'GET') return isWatch(call) ? handleWatch : handleList
  if (call.kind.namespaced && !call.namespace) return undefined
  return LIST[call.method]
}

/** Undefined when the method is not allowed there. */
export const handlerOf = (call: Call): Handler | undefined => {
  if (call.subresource) return subresourceMethods(call)[call.method]
  if (!call.name) return listHandler(call)
  if (call.method === 'GET' && isWatch(call)) return handleWatchOne
  return OBJECT[call.method]
}

/** The old form of watching one object by its path. */
const handleWatchOne: Handler = (api, call) => {
  const query = new URLSearchParams(call.query)
  query.set('fieldSelector', `metadata.name=${call.name}`)
  return handleWatch(api, { ...call, query, name: undefined })
}
