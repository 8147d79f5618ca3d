/** What a new cluster starts with. */
import type { Api } from './api.ts'
import { namespaceDefaults } from './defaults/other.ts'
import type { Draft } from './json.ts'
import { NAMESPACE_STORAGE } from './rest/namespace-check.ts'
import type { Stored } from './store.ts'

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

const systemMetadata = (api: Api, name: string) => ({
  name,
  uid: api.randomUuid(),
  creationTimestamp: `${api.clock().toISOString().slice(0, 19)}Z`,
})

/** Puts the namespaces of every cluster into an empty store. */
export const bootstrap = (api: Api): void => {
  for (const name of NAMESPACES) {
    const namespace: Draft = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: systemMetadata(api, name),
      status: { phase: 'Active' },
    }
    namespaceDefaults(namespace)
    api.store.insert(NAMESPACE_STORAGE, namespace as unknown as Stored)
  }
}
