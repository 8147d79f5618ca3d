/** The dashboard in a cluster: TLS, people who sign in with their own tokens, health and metrics on a port of their own. */
import { VERSION } from '../api/version.ts'
import { observeClients } from '../kube/api-metrics.ts'
import type { Clock } from '../kube/clock.ts'
import { startHealthServer } from '../kube/health-server.ts'
import type { Logger } from '../kube/log.ts'
import { watchMountedCertificates } from '../kube/mounted-certificates.ts'
import { observeCertificate, observeProcess } from '../kube/process-metrics.ts'
import { startServer } from '../kube/tls-server.ts'
import type { ClusterServer } from './cluster-server.ts'
import { makeApp } from './http/app.ts'
import { readPages } from './http/pages.ts'
import { makeMetrics } from './metrics.ts'
import { startOwnCertificate } from './own-certificate.ts'
import { cookieName } from './session/cookies.ts'
import { makeSealer } from './session/seal.ts'
import { makeSessions } from './session/sessions.ts'
import { signInWith } from './sign-in.ts'

export type DashboardOptions = {
  readonly login: 'token' | 'proxy'
  readonly cluster: ClusterServer
  readonly clock: Clock
  readonly log: Logger
  readonly host: string
  readonly port: number
  readonly healthPort: number
  readonly sluiceNamespace: string
  readonly namespaces: readonly string[]
  /** A folder with tls.crt and tls.key that somebody else keeps; absent: a pair of our own, in memory. */
  readonly certificateDirectory?: string
  /** Names of our own pair. */
  readonly dnsNames: readonly string[]
  /** Folder of the built page. */
  readonly pages: string
}

export type RunningDashboard = {
  readonly port: number
  readonly healthPort: number
  /** Serves on for so long while clients learn of it; then every stream is ended. */
  readonly stop: (quietMs: number) => Promise<void>
}

const LAST_REQUESTS_MS = 2_000

export const runDashboard = async (options: DashboardOptions): Promise<RunningDashboard> => {
  const { login, cluster, clock, log, host, sluiceNamespace, namespaces, certificateDirectory: directory, dnsNames } = options
  const metrics = makeMetrics()
  const sessions = makeSessions(clock)
  metrics.observeSessions(sessions.count)
  const pages = readPages(options.pages)
  if (pages.size === 0) log.warn('the page is not built; only the REST API is served', { folder: options.pages })
  const pair =
    directory === undefined
      ? await startOwnCertificate(dnsNames, clock)
      : await watchMountedCertificates({ directory, clock, log })
  const app = makeApp({
    login,
    sessions,
    signIn: signInWith({ cluster, sealer: makeSealer(), namespaces, observe: observeClients(metrics.registry) }),
    cookie: { name: cookieName(true, options.port), isSecure: true },
    cluster: cluster.server,
    sluiceNamespace,
    pages,
    metrics,
    clock,
    log,
  })
  observeProcess(metrics.registry, { component: 'dashboard', version: VERSION })
  observeCertificate(metrics.registry, () => pair.current().cert)
  const server = await startServer({ app, pair, host, port: options.port })
  let isStopping = false
  const ready = (): string | undefined => (isStopping ? 'going down' : undefined)
  const health = await startHealthServer({ host, port: options.healthPort, ready, registry: metrics.registry })
  log.info('the dashboard listens', { port: server.port, healthPort: health.port, login })
  return {
    port: server.port,
    healthPort: health.port,
    stop: async quietMs => {
      isStopping = true
      server.releaseClients()
      await new Promise<void>(resolve => void clock.setTimeout(resolve, quietMs))
      await sessions.close()
      await server.close(LAST_REQUESTS_MS)
      pair.stop()
      await health.close()
    },
  }
}
