/** The API server as the dashboard reaches it: address and authority only. Whose credentials are used is up to each person. */
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { type ClusterAccess, plainAccess, type TlsOptions } from '../kube/cluster-access.ts'
import { loadKubeconfig, selectContext } from '../kube/kubeconfig.ts'

export type ClusterServer = {
  readonly server: string
  readonly proxyUrl?: string
  readonly tls: () => Promise<TlsOptions>
}

/** In a pod: no ServiceAccount token is needed, nor mounted. */
export const inClusterServer = (caFile: string, { host = 'kubernetes.default.svc', port = '443' }): ClusterServer => ({
  server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
  tls: async () => ({ ca: await readFile(caFile, 'utf8') }),
})

/** The cluster of a kubeconfig's context. Its user is left out: a client certificate would make everybody that user. */
export const kubeconfigServer = async (path: string): Promise<ClusterServer> => {
  const access: ClusterAccess = plainAccess({ ...selectContext(await loadKubeconfig(path)), user: {} })
  const { server, proxyUrl } = access
  return { server, ...(proxyUrl && { proxyUrl }), tls: async () => (await access.read()).tls }
}
