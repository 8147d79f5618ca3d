/** Serves what CustomResourceDefinitions define: keeps the registry, their status, and cleans up when one is deleted. */
import type { Api } from '../api.ts'
import type { Deleting } from '../cascade.ts'
import { arrayOf, at, type Draft, draftOf, ensureChild, objectsOf, sameJson, textOf } from '../json.ts'
import { StaleObject, type Stored } from '../store.ts'
import { kindsOfDefinition } from './kinds.ts'

export const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions'

const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io'

const condition = (type: string, status: string, [reason, message]: readonly [string, string], now: string) => ({
  type,
  status,
  lastTransitionTime: now,
  reason,
  message,
})

/** The status of a definition whose kinds are served. */
const established = (definition: Stored, now: string): Draft => {
  const draft = draftOf(definition)
  const metadata = ensureChild(draft, 'metadata')
  const finalizers = arrayOf(metadata['finalizers'])
  if (!finalizers.includes(CLEANUP) && !definition.metadata.deletionTimestamp) metadata['finalizers'] = [...finalizers, CLEANUP]
  const status = ensureChild(draft, 'status')
  const stored = objectsOf(at(definition, 'spec', 'versions')).find(version => version['storage'] === true)
  const before = arrayOf(status['storedVersions'])
  status['acceptedNames'] = at(definition, 'spec', 'names')
  if (stored && !before.includes(stored['name'])) status['storedVersions'] = [...before, stored['name']]
  if (objectsOf(status['conditions']).length === 0) {
    status['conditions'] = [
      condition('NamesAccepted', 'True', ['NoConflicts', 'no conflicts found'], now),
      condition('Established', 'True', ['InitialNamesAccepted', 'the initial names have been accepted'], now),
    ]
  }
  return draft
}

const serveAll = (api: Api): void => api.registry.setCustom(api.store.list(DEFINITIONS).flatMap(kindsOfDefinition))

const replaceIfChanged = (api: Api, definition: Stored, draft: Draft): void => {
  if (sameJson(draft, definition)) return
  try {
    api.store.replace(DEFINITIONS, definition, draft as unknown as Stored)
  } catch (error) {
    // A newer write of the definition has its own event.
    if (!(error instanceof StaleObject)) throw error
  }
}

/** Once nothing of the kind is left, the definition may go. */
const release = (api: Api, definition: Stored): void => {
  const draft = draftOf(definition)
  const metadata = ensureChild(draft, 'metadata')
  const rest = arrayOf(metadata['finalizers']).filter(finalizer => finalizer !== CLEANUP)
  if (rest.length > 0) metadata['finalizers'] = rest
  else delete metadata['finalizers']
  if (rest.length > 0) replaceIfChanged(api, definition, draft)
  else api.store.remove(DEFINITIONS, definition, draft as unknown as Stored)
}

const storageOf = (definition: Stored) =>
  `${textOf(at(definition, 'spec', 'group'))}/${textOf(at(definition, 'spec', 'names', 'plural'))}`

/** Deletes the objects of a definition that is being deleted; lets it go when none is left. */
const cleanUp = (api: Api, deleting: Deleting, definition: Stored): void => {
  const objects = api.store.list(storageOf(definition))
  for (const object of objects) if (!object.metadata.deletionTimestamp) deleting.delete(storageOf(definition), object)
  const current = api.store.get({ storage: DEFINITIONS, name: definition.metadata.name })
  if (current?.metadata.deletionTimestamp && api.store.list(storageOf(definition)).length === 0) release(api, current)
}

/** Follows the store from now on. Kinds are served as soon as the write of their definition returns. */
export const establishDefinitions = (api: Api, deleting: Deleting): void => {
  const settle = (definition: Stored) => {
    if (definition.metadata.deletionTimestamp) cleanUp(api, deleting, definition)
    else replaceIfChanged(api, definition, established(definition, `${api.clock().toISOString().slice(0, 19)}Z`))
  }
  api.store.subscribe(DEFINITIONS, event => {
    serveAll(api)
    if (event.type !== 'DELETED') queueMicrotask(() => settleCurrent(api, event.object.metadata.name, settle))
  })
  api.store.subscribeAll((storage, event) => {
    if (event.type !== 'DELETED' || storage === DEFINITIONS) return
    const definition = api.store.list(DEFINITIONS).find(one => storageOf(one) === storage && one.metadata.deletionTimestamp)
    if (definition) queueMicrotask(() => settleCurrent(api, definition.metadata.name, settle))
  })
}

const settleCurrent = (api: Api, name: string, settle: (definition: Stored) => void): void => {
  const current = api.store.get({ storage: DEFINITIONS, name })
  if (current) settle(current)
}
