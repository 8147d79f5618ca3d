/** POST: a new object. */
import type { Api } from '../api.ts'
import { parseObject } from '../body.ts'
import { type Answer, type Call, jsonAnswer } from '../call.ts'
import { alreadyExists, badRequest } from '../failure.ts'
import { invalidObject } from '../field-error.ts'
import { checkUnknownFields } from '../field-validation.ts'
import { type Draft, draftOf, ensureChild, type JsonObject, textOf } from '../json.ts'
import type { Kind } from '../kind.ts'
import { validateMetadata } from '../metadata.ts'
import type { Stored } from '../store.ts'
import { nameRule } from '../validate/name-rule.ts'
import { toServed, toStored } from './convert.ts'
import { checkIdentity } from './identity.ts'
import { checkNamespace } from './namespace-check.ts'
import { SERVICE_STORAGE, takeAddress } from './service-address.ts'
import { admit, normalise, settle } from './settle.ts'
import { keyOf, subjectOf } from './subject.ts'

/** Fields of metadata that only the server sets. */
const SYSTEM_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
  'generation',
  'resourceVersion',
]

/** The longest base that a generated name keeps; the suffix takes five more. */
const BASE_LIMIT = 58

const takeName = (api: Api, draft: Draft): string => {
  const metadata = ensureChild(draft, 'metadata')
  const base = textOf(metadata['generateName'])
  if (!metadata['name'] && base) metadata['name'] = `${base.slice(0, BASE_LIMIT)}${api.randomSuffix()}`
  return textOf(metadata['name'])
}

const fillSystemFields = (api: Api, kind: Kind, draft: Draft): void => {
  const metadata = ensureChild(draft, 'metadata')
  for (const field of SYSTEM_FIELDS) delete metadata[field]
  metadata['uid'] = api.randomUuid()
  metadata['creationTimestamp'] = `${api.clock().toISOString().slice(0, 19)}Z`
  if (kind.behaviour.changesGeneration) metadata['generation'] = 1
}

/** A kubelet registers its node together with what it knows of it. */
const NODE_STORAGE = '/nodes'

/** Nobody else creates a status: a typed kind starts with an empty one, a custom resource without. */
const startStatus = (kind: Kind, draft: Draft): void => {
  if (kind.storage === NODE_STORAGE) return
  if (kind.hasStatus && kind.custom) delete draft['status']
  else if (kind.hasStatus) draft['status'] = kind.storage === SERVICE_STORAGE ? { loadBalancer: {} } : {}
}

const validateNew = (kind: Kind, draft: Draft): void => {
  const errors = [
    ...validateMetadata(draft, nameRule(kind)),
    ...(kind.behaviour.validate?.(draft) ?? []),
    ...(kind.behaviour.validateCreate?.(draft) ?? []),
  ]
  if (errors.length > 0)
    throw invalidObject({ group: kind.group, kind: kind.kind, name: textOf(ensureChild(draft, 'metadata')['name']) }, errors)
}

const decodeNew = (call: Call, body: JsonObject): Draft => {
  const draft = draftOf(body)
  checkIdentity(call, draft)
  if (textOf(ensureChild(draft, 'metadata')['resourceVersion']))
    throw badRequest('resourceVersion should not be set on objects to be created')
  checkUnknownFields(call, draft)
  call.kind.behaviour.checkTypes?.(draft)
  const metadata = ensureChild(draft, 'metadata')
  for (const field of SYSTEM_FIELDS) delete metadata[field]
  return toStored(call.kind, draft) as Draft
}

/** Creates one object through the whole chain: defaults, admission, validation; answers what was stored (or, in a dry run, would be). */
export const createObject = async (api: Api, call: Call, body: JsonObject): Promise<Stored> => {
  const { kind } = call
  const decoded = decodeNew(call, body)
  const asked = textOf(ensureChild(decoded, 'metadata')['name'])
  checkNamespace(api, call, asked)
  const draft = await settle(api, call, { operation: 'CREATE', name: asked, draft: decoded, old: null })
  if (kind.namespaced) ensureChild(draft, 'metadata')['namespace'] = call.namespace
  const name = takeName(api, draft)
  fillSystemFields(api, kind, draft)
  startStatus(kind, draft)
  kind.behaviour.prepareCreate?.(draft)
  if (kind.storage === SERVICE_STORAGE) takeAddress(api, draft)
  normalise(call, draft)
  validateNew(kind, draft)
  await admit(api, call, { operation: 'CREATE', name, object: draft, old: null })
  if (api.store.get(keyOf(call, name))) throw alreadyExists(subjectOf(kind, name))
  checkNamespace(api, call, name)
  const object = draft as unknown as Stored
  return call.dryRun ? object : api.store.insert(kind.storage, object)
}

export const handleCreate = async (api: Api, call: Call): Promise<Answer> => {
  const stored = await createObject(api, call, parseObject(call.body, call.headers['content-type']))
  return jsonAnswer(201, toServed(call.kind, stored))
}
