/** The dashboard on a laptop: loopback only, with one's own kubeconfig, for whoever has the key of the printed address. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { silentLogger } from '../kube/log.ts'
import type { Streamer } from '../kube/stream.ts'
import { builtPage } from './built-page.ts'
import { makeApp } from './http/app.ts'
import { readPages } from './http/pages.ts'
import { makeMetrics } from './metrics.ts'
import { cookieName } from './session/cookies.ts'
import { namespacesOf, whoIs } from './session/person.ts'
import { makeSessions } from './session/sessions.ts'

export type LocalOptions = {
  /** With the user's own credentials; the caller closes it. */
  readonly client: KubeClient
  /** The same for logs; without it there are none. */
  readonly stream?: Streamer
  /** Address of the API server, as shown. */
  readonly cluster: string
  /** Looked at where the user may list neither all Rollouts nor namespaces. */
  readonly namespace: string
  readonly sluiceNamespace: string
  /** 0: a free one. */
  readonly port: number
  readonly clock: Clock
  /** Folder of the built page; that of this project when absent. */
  readonly pages?: string
}

export type LocalDashboard = {
  /** With the key: whoever opens it is the user of the kubeconfig. */
  readonly url: string
  readonly isBuilt: boolean
  readonly stop: () => Promise<void>
}

const HOST = '127.0.0.1'

export const startLocalDashboard = async (options: LocalOptions): Promise<LocalDashboard> => {
  const { client, stream, cluster, namespace, sluiceNamespace, clock } = options
  const user = await whoIs(client)
  const key = randomBytes(24).toString('base64url')
  const sessions = makeSessions(clock)
  const pages = options.pages === undefined ? builtPage() : readPages(options.pages)
  const server = createServer()
  server.listen(options.port, HOST)
  // A port that is taken rejects here.
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.on(
    'request',
    makeApp({
      login: 'local',
      sessions,
      signIn: () => Promise.reject(new Error('nobody signs in with a token here')),
      cookie: { name: cookieName(false, port), isSecure: false },
      local: {
        isKey: text => text.length === key.length && timingSafeEqual(Buffer.from(text), Buffer.from(key)),
        person: () => ({
          client,
          ...(stream && { stream }),
          ...{ user, namespaces: [namespace, ...namespacesOf(user)], key: 'local', close: async () => undefined },
        }),
      },
      cluster,
      sluiceNamespace,
      pages,
      metrics: makeMetrics(),
      clock,
      log: silentLogger,
    }),
  )
  return {
    url: `http://${HOST}:${port}/?key=${key}`,
    isBuilt: pages.size > 0,
    stop: async () => {
      await sessions.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
