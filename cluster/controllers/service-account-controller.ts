/** Every namespace has a ServiceAccount `default`. (A namespace's phase and its end are the API server's work here.) */
import type { KubeObject } from '../../api/kubernetes.ts'
import { isAlreadyExists } from '../../kube/errors.ts'
import { SERVICE_ACCOUNTS } from '../../kube/resources.ts'
import type { Controller, ControllerContext } from './controller.ts'
import { watchOf } from './controller.ts'

const DEFAULT_ACCOUNT = 'default'

export const serviceAccountController: Controller = {
  name: 'service-account-controller',
  make: context => ({
    watches: [
      watchOf(context.caches.namespaces, namespace => [namespace.metadata.name]),
      watchOf(context.caches.serviceAccounts, account =>
        account.metadata.name === DEFAULT_ACCOUNT ? [account.metadata.namespace ?? ''] : [],
      ),
    ],
    reconcile: namespace => reconcile(context, namespace),
  }),
}

async function reconcile({ client, caches }: ControllerContext, name: string): Promise<undefined> {
  const namespace = caches.namespaces.get(undefined, name)
  if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return
  if (caches.serviceAccounts.get(name, DEFAULT_ACCOUNT)) return
  const account: KubeObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DEFAULT_ACCOUNT, namespace: name } }
  await client.create(SERVICE_ACCOUNTS, account).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error
  })
}
