/** DELETE: at once, after a grace period, or when the last finalizer is gone. */
import type { Api } from '../api.ts'
import { parseObject } from '../body.ts'
import { type Answer, type Call, jsonAnswer } from '../call.ts'
import { badRequest, conflict, Failure, forbidden, notFound } from '../failure.ts'
import { arrayOf, at, type Draft, draftOf, ensureChild, type JsonObject, numberOf, textOf } from '../json.ts'
import { apiVersionOf } from '../kind.ts'
import { StaleObject, type Stored } from '../store.ts'
import { toServed } from './convert.ts'
import { markNamespace, NAMESPACE_STORAGE } from './namespace-check.ts'
import { matchesOf } from './read.ts'
import { admit } from './settle.ts'
import { keyOf, subjectOf } from './subject.ts'
import { mayGo } from './update.ts'

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'

export type DeleteOptions = {
  readonly graceSeconds?: number
  readonly uid?: string
  readonly resourceVersion?: string
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
  readonly dryRun: boolean
}

const PROPAGATIONS = ['Background', 'Foreground', 'Orphan']

const propagationOf = (value: unknown): DeleteOptions['propagation'] => {
  if (value === undefined || value === null || value === '') return undefined
  const known = PROPAGATIONS.find(name => name === value)
  if (!known)
    throw badRequest(
      `propagationPolicy: Unsupported value: ${JSON.stringify(value)}: supported values: ${PROPAGATIONS.join(', ')}`,
    )
  return known as DeleteOptions['propagation']
}

/** From the body, or where that has none, from the query. */
export const deleteOptionsOf = (call: Call): DeleteOptions => {
  const body: JsonObject = call.body.trim() ? parseObject(call.body, call.headers['content-type']) : {}
  const askedSeconds =
    numberOf(body['gracePeriodSeconds']) ??
    (call.query.get('gracePeriodSeconds') ? Number(call.query.get('gracePeriodSeconds')) : undefined)
  if (askedSeconds !== undefined && !Number.isInteger(askedSeconds))
    throw badRequest('gracePeriodSeconds: must be a whole number of seconds, e.g. 30')
  const orphan = body['orphanDependents'] === true || call.query.get('orphanDependents') === 'true'
  const propagation =
    propagationOf(body['propagationPolicy'] ?? call.query.get('propagationPolicy')) ?? (orphan ? 'Orphan' : undefined)
  const [uid, version] = [textOf(at(body, 'preconditions', 'uid')), textOf(at(body, 'preconditions', 'resourceVersion'))]
  return {
    ...(askedSeconds === undefined ? {} : { graceSeconds: askedSeconds }),
    ...(uid ? { uid } : {}),
    ...(version ? { resourceVersion: version } : {}),
    ...(propagation ? { propagation } : {}),
    dryRun: call.dryRun || arrayOf(body['dryRun']).includes('All'),
  }
}

const checkPreconditions = (call: Call, object: Stored, options: DeleteOptions): void => {
  const { uid, resourceVersion } = object.metadata
  const refuse = (what: string, wanted: string, is: unknown) =>
    conflict(
      subjectOf(call.kind, object.metadata.name),
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${String(is)}). The object might have been deleted and then recreated`,
    )
  if (options.uid && options.uid !== uid) throw refuse('UID', options.uid, uid)
  if (options.resourceVersion && options.resourceVersion !== resourceVersion)
    throw refuse('ResourceVersion', options.resourceVersion, resourceVersion)
}

const SECOND = 1000

const timeText = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`

/** Marks the object as being deleted, `seconds` from now on; an earlier mark is only ever shortened. Undefined: nothing changes. */
const markDeleted = (api: Api, object: Stored, seconds: number): Draft | undefined => {
  const before = object.metadata.deletionGracePeriodSeconds ?? 0
  const marked = object.metadata.deletionTimestamp
  if (marked && seconds >= before) return undefined
  const draft = draftOf(object)
  const metadata = ensureChild(draft, 'metadata')
  const now = api.clock().getTime()
  const end = marked ? Math.max(now, Date.parse(marked) - before * SECOND + seconds * SECOND) : now + seconds * SECOND
  metadata['deletionTimestamp'] = timeText(new Date(end))
  metadata['deletionGracePeriodSeconds'] = seconds
  if (!marked && object.metadata.generation) metadata['generation'] = object.metadata.generation + 1
  return draft
}

/** Finalizers with the one that the propagation policy asks for, and without the ones that it rules out. */
const finalizersFor = (object: JsonObject, propagation: DeleteOptions['propagation']): readonly unknown[] => {
  const current = arrayOf(at(object, 'metadata', 'finalizers'))
  if (!propagation) return current
  const others = current.filter(finalizer => finalizer !== FOREGROUND && finalizer !== ORPHAN)
  if (propagation === 'Background') return others
  return [...others, propagation === 'Foreground' ? FOREGROUND : ORPHAN]
}

export type Deleted = { readonly object: Stored; readonly gone: boolean }

/** What one deletion request makes of an object: removed, marked, or unchanged when it is marked already. */
const deleteNow = (api: Api, call: Call, object: Stored, options: DeleteOptions): Deleted => {
  const { kind } = call
  const seconds = kind.behaviour.graceSeconds?.(object, options.graceSeconds) ?? 0
  const finalizers = finalizersFor(object, options.propagation)
  const held = finalizers.length > 0 || seconds > 0 || kind.storage === NAMESPACE_STORAGE
  if (options.dryRun) return { object, gone: !held }
  if (!held) return { object: api.store.remove(kind.storage, object), gone: true }
  const sameFinalizers =
    finalizers.length === arrayOf(object.metadata.finalizers).length &&
    finalizers.every(one => object.metadata.finalizers?.includes(String(one)))
  const marked = markDeleted(api, object, seconds)
  if (!marked && sameFinalizers) return { object, gone: false }
  const draft = marked ?? draftOf(object)
  if (finalizers.length > 0) ensureChild(draft, 'metadata')['finalizers'] = [...finalizers]
  else delete ensureChild(draft, 'metadata')['finalizers']
  if (kind.storage === NAMESPACE_STORAGE) markNamespace(draft)
  const next = draft as unknown as Stored
  if (mayGo(next) && kind.storage !== NAMESPACE_STORAGE)
    return { object: api.store.remove(kind.storage, object, next), gone: true }
  return { object: api.store.replace(kind.storage, object, next), gone: false }
}

/** Namespaces that every cluster needs. */
const LASTING_NAMESPACES = ['default', 'kube-system', 'kube-public']

const ATTEMPTS = 100

/** Deletes one object, through admission. */
export const deleteObject = async (api: Api, call: Call, name: string, options: DeleteOptions): Promise<Deleted> => {
  for (let attempt = 1; ; attempt += 1) {
    const object = api.store.get(keyOf(call, name))
    if (!object) throw notFound(subjectOf(call.kind, name))
    checkPreconditions(call, object, options)
    if (call.kind.storage === NAMESPACE_STORAGE && LASTING_NAMESPACES.includes(name))
      throw forbidden(subjectOf(call.kind, name), 'this namespace may not be deleted')
    await admit(api, { ...call, dryRun: options.dryRun }, { operation: 'DELETE', name, object: null, old: object })
    try {
      return deleteNow(api, call, object, options)
    } catch (error) {
      // Something changed the object while admission looked at it: look again.
      if (!(error instanceof StaleObject) || attempt >= ATTEMPTS) throw error
    }
    const now = api.store.get(keyOf(call, name))
    if (!now || now.metadata.uid !== object.metadata.uid) throw notFound(subjectOf(call.kind, name))
  }
}

/** Kinds whose deletion is answered with the object even when it is gone. */
const ANSWERS_OBJECT = ['/pods', '/services', '/serviceaccounts']

const deletedStatus = (call: Call, object: Stored): JsonObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: object.metadata.name,
    ...(call.kind.group ? { group: call.kind.group } : {}),
    kind: call.kind.plural,
    uid: object.metadata.uid,
  },
})

export const handleDelete = async (api: Api, call: Call): Promise<Answer> => {
  const { object, gone } = await deleteObject(api, call, call.name ?? '', deleteOptionsOf(call))
  const answersObject = !gone || ANSWERS_OBJECT.includes(call.kind.storage)
  return jsonAnswer(200, answersObject ? toServed(call.kind, object) : deletedStatus(call, object))
}

const ignoreGone = (error: unknown): void => {
  if (!(error instanceof Failure && error.code === 404)) throw error
}

/** DELETE of a list: every object that the selectors match. */
export const handleDeleteCollection = async (api: Api, call: Call): Promise<Answer> => {
  const options = deleteOptionsOf(call)
  const items = api.store.list(call.kind.storage, call.namespace).filter(matchesOf(call))
  for (const item of items) {
    const own = { ...call, namespace: item.metadata.namespace }
    await deleteObject(api, own, item.metadata.name, options).catch(ignoreGone)
  }
  const list = { kind: call.kind.listKind, apiVersion: apiVersionOf(call.kind) }
  return jsonAnswer(200, {
    ...list,
    metadata: { resourceVersion: String(api.store.revision) },
    items: items.map(item => toServed(call.kind, item)),
  })
}
