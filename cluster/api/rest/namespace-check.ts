/** The namespace that a new object is to be in must exist and not be on its way out. */
import type { Api } from '../api.ts'
import type { Call } from '../call.ts'
import { forbidden, notFound } from '../failure.ts'
import { type Draft, ensureChild } from '../json.ts'
import type { Stored } from '../store.ts'
import { subjectOf } from './subject.ts'

export const NAMESPACE_STORAGE = '/namespaces'

/** Refuses (404, 403) a create in a namespace that is missing or terminating. */
export const checkNamespace = (api: Api, call: Call, name: string): void => {
  if (!call.kind.namespaced || !call.namespace) return
  const namespace = api.store.get({ storage: NAMESPACE_STORAGE, name: call.namespace })
  if (!namespace) throw notFound({ group: '', plural: 'namespaces', name: call.namespace })
  if (!namespace.metadata.deletionTimestamp) return
  throw forbidden(
    subjectOf(call.kind, name),
    `unable to create new content in namespace ${call.namespace} because it is being terminated`,
    [{ reason: 'NamespaceTerminating', message: `namespace ${call.namespace} is being terminated`, field: 'metadata.namespace' }],
  )
}

/** A namespace that is being deleted says so in its phase, until its contents are gone. */
export const markNamespace = (draft: Draft): void => {
  ensureChild(draft, 'status')['phase'] = 'Terminating'
}

export const namespaceOf = (api: Api, name: string | undefined): Stored | undefined =>
  name ? api.store.get({ storage: NAMESPACE_STORAGE, name }) : undefined
