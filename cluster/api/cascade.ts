/** Deletions that the server makes itself: of what a namespace, a definition or an owner takes with it. */
import type { Api } from './api.ts'
import { ADMIN, type Call } from './call.ts'
import { Failure } from './failure.ts'
import { apiVersionOf } from './kind.ts'
import { type DeleteOptions, deleteObject } from './rest/delete.ts'
import type { Stored } from './store.ts'

export type Deleting = {
  /** Starts to delete an object of a storage, with its uid as precondition; what is gone already is fine. */
  readonly delete: (storage: string, object: Stored, propagation?: DeleteOptions['propagation']) => void
  /** Resolves when no such deletion is under way. */
  readonly idle: () => Promise<void>
}

const GARBAGE_COLLECTOR = {
  username: 'system:serviceaccount:kube-system:generic-garbage-collector',
  groups: ['system:serviceaccounts', 'system:authenticated'],
}

const never = new AbortController().signal

/** A request that the server makes to itself. */
const innerCall = (api: Api, storage: string, object: Stored): Call | undefined => {
  const kind = api.registry.ofStorage(storage)
  if (!kind) return undefined
  return {
    method: 'DELETE',
    path: `/${apiVersionOf(kind)}/${kind.plural}/${object.metadata.name}`,
    query: new URLSearchParams(),
    headers: {},
    body: '',
    user: { ...ADMIN, ...GARBAGE_COLLECTOR },
    signal: never,
    kind,
    namespace: object.metadata.namespace,
    name: object.metadata.name,
    subresource: undefined,
    warnings: new Set(),
    dryRun: false,
  }
}

/** Deletions go through admission, as everyone's do; `onError` hears of refusals. */
export const makeDeleting = (api: Api, onError: (error: unknown) => void): Deleting => {
  const running = new Set<Promise<void>>()
  const start = async (storage: string, object: Stored, propagation: DeleteOptions['propagation']): Promise<void> => {
    const call = innerCall(api, storage, object)
    if (!call) return
    const options = {
      dryRun: false,
      ...(object.metadata.uid ? { uid: object.metadata.uid } : {}),
      ...(propagation ? { propagation } : {}),
    }
    await deleteObject(api, call, object.metadata.name, options)
  }
  return {
    delete: (storage, object, propagation) => {
      const work = start(storage, object, propagation)
        .catch((error: unknown) => {
          if (!(error instanceof Failure && (error.code === 404 || error.code === 409))) onError(error)
        })
        .finally(() => running.delete(work))
      running.add(work)
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
