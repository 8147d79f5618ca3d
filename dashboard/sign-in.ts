/** Makes a client of a person's own token: every call to the API server is made with it. */
import { createHmac, randomBytes } from 'node:crypto'
import type { KubeClient } from '../kube/client.ts'
import { clientOver } from '../kube/http-client.ts'
import { streamOver } from '../kube/stream.ts'
import { transportTo } from '../kube/transport.ts'
import type { ClusterServer } from './cluster-server.ts'
import { namespacesOf, whoIs } from './session/person.ts'
import type { Sealer } from './session/seal.ts'
import type { Person } from './session/sessions.ts'

export type SignInOptions = {
  readonly cluster: ClusterServer
  readonly sealer: Sealer
  /** Namespaces to look at for people who may list none. */
  readonly namespaces: readonly string[]
  /** Around each client, e.g. to count its calls. */
  readonly observe: (client: KubeClient) => KubeClient
}

/** Of this process only: what is made with it tells nothing elsewhere. */
const KEY = randomBytes(32)

/** The token is kept sealed and opened for a call. Throws ApiError 401 for one that the API server does not know. */
export const signInWith =
  ({ cluster, sealer, namespaces, observe }: SignInOptions) =>
  async (token: string): Promise<Person> => {
    const sealed = sealer.seal(token)
    const read = async () => ({ headers: { authorization: `Bearer ${sealer.open(sealed)}` }, tls: await cluster.tls() })
    const { server, proxyUrl } = cluster
    const transport = transportTo({ server, read, ...(proxyUrl && { proxyUrl }) })
    const client = observe(clientOver(transport))
    try {
      const user = await whoIs(client)
      const key = createHmac('sha256', KEY).update(token).digest('base64')
      const stream = streamOver(transport)
      return { client, stream, user, namespaces: [...namespacesOf(user), ...namespaces], key, close: transport.close }
    } catch (error) {
      await transport.close()
      throw error
    }
  }
