/** Changes of an object, whatever the request that brings them: PUT, PATCH, or a write to a subresource. */
import type { Api } from '../api.ts'
import { parseObject } from '../body.ts'
import { type Answer, type Call, jsonAnswer } from '../call.ts'
import { conflict, notFound, staleVersion } from '../failure.ts'
import { type FieldError, invalid, invalidObject } from '../field-error.ts'
import { checkUnknownFields } from '../field-validation.ts'
import { arrayOf, at, type Draft, draftOf, ensureChild, type JsonObject, sameJson, textOf } from '../json.ts'
import type { Kind } from '../kind.ts'
import { validateMetadata, validateMetadataUpdate } from '../metadata.ts'
import { StaleObject, type Stored } from '../store.ts'
import { nameRule } from '../validate/name-rule.ts'
import { toServed, toStored } from './convert.ts'
import { checkIdentity } from './identity.ts'
import { keepAddress, SERVICE_STORAGE } from './service-address.ts'
import { admit, settle } from './settle.ts'
import { keyOf, subjectOf } from './subject.ts'

/** How often a change without a version of its own is tried again after another write came first. */
const ATTEMPTS = 100

const KEPT_METADATA = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const

const keepSystemFields = (draft: Draft, old: Stored): void => {
  const metadata = ensureChild(draft, 'metadata')
  delete metadata['managedFields']
  delete metadata['selfLink']
  for (const field of KEPT_METADATA) {
    if (old.metadata[field] === undefined) delete metadata[field]
    else metadata[field] = old.metadata[field]
  }
}

/** Custom resources take only status from a write to `/status`; built-ins take metadata too, except what their kind keeps back. */
const keepAllButStatus = (kind: Kind, draft: Draft, old: JsonObject): Draft => {
  const kept = draftOf(old)
  if (draft['status'] === undefined) delete kept['status']
  else kept['status'] = draft['status']
  if (!kind.custom) kept['metadata'] = draft['metadata']
  return kept
}

const keepStatus = (draft: Draft, old: JsonObject): void => {
  if (old['status'] === undefined) delete draft['status']
  else draft['status'] = old['status']
}

/** Puts back what this request must not change and counts a new generation. */
const prepare = (api: Api, call: Call, draft: Draft, old: Stored): Draft => {
  const { kind } = call
  const onStatus = call.subresource === 'status'
  const prepared = onStatus ? keepAllButStatus(kind, draft, old) : draft
  keepSystemFields(prepared, old)
  if (onStatus) kind.behaviour.prepareStatus?.(prepared, old)
  else {
    // A binding also notes in the status that the pod is scheduled.
    if (kind.hasStatus && call.subresource !== 'binding') keepStatus(prepared, old)
    kind.behaviour.prepareUpdate?.(prepared, old)
    if (kind.storage === SERVICE_STORAGE) keepAddress(api, prepared, old)
  }
  if (!onStatus && kind.behaviour.changesGeneration?.(prepared, old))
    ensureChild(prepared, 'metadata')['generation'] = (old.metadata.generation ?? 0) + 1
  return prepared
}

const validateChange = ({ kind, subresource }: Call, draft: Draft, old: Stored): void => {
  const errors: readonly FieldError[] = [
    ...validateMetadata(draft, nameRule(kind)),
    ...validateMetadataUpdate(draft, old),
    ...(kind.behaviour.validate?.(draft) ?? []),
    ...(kind.behaviour.validateUpdate?.(draft, old, subresource) ?? []),
  ]
  if (errors.length > 0) throw invalidObject({ group: kind.group, kind: kind.kind, name: old.metadata.name }, errors)
}

const checkPreconditions = (call: Call, draft: Draft, old: Stored): void => {
  const [uid, version] = [textOf(at(draft, 'metadata', 'uid')), textOf(at(draft, 'metadata', 'resourceVersion'))]
  const subject = subjectOf(call.kind, old.metadata.name)
  if (uid && uid !== old.metadata.uid && call.method === 'PUT') {
    throw conflict(subject, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`)
  }
  if (uid && uid !== old.metadata.uid) {
    const { group, kind } = call.kind
    throw invalidObject({ group, kind, name: old.metadata.name }, [invalid('metadata.uid', uid, 'field is immutable')])
  }
  if (version && version !== old.metadata.resourceVersion) throw staleVersion(subject)
}

/** True when nothing holds back the removal of an object that is being deleted. */
export const mayGo = (object: JsonObject): boolean => {
  const metadata = at(object, 'metadata')
  return (
    Boolean(at(metadata, 'deletionTimestamp')) &&
    arrayOf(at(metadata, 'finalizers')).length === 0 &&
    (at(metadata, 'deletionGracePeriodSeconds') ?? 0) === 0
  )
}

const store = (api: Api, call: Call, draft: Draft, old: Stored): Stored => {
  const object = draft as unknown as Stored
  if (sameJson(object, old)) return old
  if (call.dryRun) return object
  return mayGo(object) ? api.store.remove(call.kind.storage, old, object) : api.store.replace(call.kind.storage, old, object)
}

/** A change as a function of the object in the request's version. */
export type Change = (current: JsonObject) => JsonObject

const changeOnce = async (api: Api, call: Call, old: Stored, change: Change): Promise<Stored> => {
  const draft = draftOf(change(toServed(call.kind, old)))
  checkIdentity(call, draft)
  checkUnknownFields(call, draft)
  call.kind.behaviour.checkTypes?.(draft)
  checkPreconditions(call, draft, old)
  const decoded = toStored(call.kind, draft) as Draft
  const settled = await settle(api, call, { operation: 'UPDATE', name: old.metadata.name, draft: decoded, old })
  const prepared = prepare(api, call, settled, old)
  validateChange(call, prepared, old)
  await admit(api, call, { operation: 'UPDATE', name: old.metadata.name, object: prepared, old })
  return store(api, call, prepared, old)
}

/**
 * Applies a change to the current object through the whole chain. When another write comes first it is tried again on the newer
 * object, unless the change names the version that it expects (`pinned`): then the answer is 409.
 */
export const changeObject = async (api: Api, call: Call, change: Change, pinned = false): Promise<Stored> => {
  const name = call.name ?? ''
  for (let attempt = 1; ; attempt += 1) {
    const old = api.store.get(keyOf(call, name))
    if (!old) throw notFound(subjectOf(call.kind, name))
    try {
      return await changeOnce(api, call, old, change)
    } catch (error) {
      if (!(error instanceof StaleObject)) throw error
      if (pinned || attempt >= ATTEMPTS) throw staleVersion(subjectOf(call.kind, name))
    }
  }
}

/** PUT of a whole object (or of its status). */
export const handleReplace = async (api: Api, call: Call): Promise<Answer> => {
  const body = parseObject(call.body, call.headers['content-type'])
  const version = textOf(at(body, 'metadata', 'resourceVersion'))
  if (!version && call.kind.custom) {
    throw invalidObject({ group: call.kind.group, kind: call.kind.kind, name: call.name ?? '' }, [
      invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
  }
  const stored = await changeObject(api, call, () => body, version !== '')
  return jsonAnswer(200, toServed(call.kind, stored))
}
