/** Talks to the admin ports of sidecars: mutual TLS, each sidecar known by the certificate that was signed for its pod. */
import { Pool } from 'undici'
import { decodeBucketReport, decodeRouterReport } from '../../analysis/providers/decode-reports.ts'
import type { Pod } from '../../api/kubernetes.ts'
import { SIDECAR_CONTAINER, sidecarName } from '../../api/names.ts'
import type { BucketReport, RouterReport } from '../../api/router-admin.ts'
import { SIDECAR_ADMIN_PORT } from '../../api/sidecar.ts'
import type { SidecarAuthority } from './authority.ts'

export type SidecarClient = {
  /** Gives the sidecar of the pod this table (JSON), and has its key certified first where it is not. Rejects with what went wrong. */
  readonly push: (pod: Pod, table: string) => Promise<RouterReport>
  readonly buckets: (pod: Pod, route: string, seconds: number) => Promise<BucketReport>
  /** Connections to pods other than these, by uid, are closed. */
  readonly keepOnly: (uids: ReadonlySet<string>) => void
  readonly close: () => Promise<void>
}

const TIMEOUT_MS = 2_000

/** What Node says of a certificate that is not of the authority asked for. */
const NOT_CERTIFIED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

type Statuses = readonly { readonly name: string; readonly restartCount?: number }[]

/** Tells one start of the sidecar from another. */
const startOf = ({ status }: Pod): string => {
  const statuses = ((status as { readonly initContainerStatuses?: Statuses } | undefined)?.initContainerStatuses ??
    []) as Statuses
  return String(statuses.find(({ name }) => name === SIDECAR_CONTAINER)?.restartCount ?? 0)
}

const originOf = ({ status }: Pod): string => {
  const ip = status?.podIP ?? ''
  return `https://${ip.includes(':') ? `[${ip}]` : ip}:${SIDECAR_ADMIN_PORT}`
}

type Ask = { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string }

const ask = async (pool: Pool, { method, path, body }: Ask): Promise<string> => {
  const answer = await pool.request({
    method,
    path,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}: ${text.slice(0, 300)}`)
  return text
}

type Kept = { readonly pool: Pool; readonly cert: string; readonly origin: string }

export const makeSidecarClient = (authority: Pick<SidecarAuthority, 'current' | 'sign'>): SidecarClient => {
  const pools = new Map<string, Kept>()

  const own = () => {
    const current = authority.current()
    if (current === undefined) throw new Error('the authority of sidecars is not there yet')
    return current
  }
  const drop = (uid: string) => {
    void pools.get(uid)?.pool.destroy()
    pools.delete(uid)
  }
  const poolOf = (pod: Pod): Pool => {
    const { caBundle: ca, cert, key } = own()
    const uid = pod.metadata.uid ?? ''
    const origin = originOf(pod)
    const kept = pools.get(uid)
    if (kept?.cert === cert && kept.origin === origin) return kept.pool
    if (kept) drop(uid)
    const pool = new Pool(origin, {
      connections: 2,
      keepAliveTimeout: 30_000,
      connect: { ca, cert, key, servername: sidecarName(uid) },
    })
    pools.set(uid, { pool, cert, origin })
    return pool
  }
  /** Nothing is told to this connection but a certificate, and nothing taken from it but a key. */
  const certify = async (pod: Pod): Promise<void> => {
    const { cert, key } = own()
    const uid = pod.metadata.uid ?? ''
    const pool = new Pool(originOf(pod), {
      connections: 1,
      connect: { cert, key, rejectUnauthorized: false, servername: sidecarName(uid) },
    })
    try {
      const { request } = JSON.parse(await ask(pool, { method: 'GET', path: '/request' })) as { readonly request?: unknown }
      if (typeof request !== 'string') throw new Error('the answer is no signing request')
      const certificate = authority.sign(request, { uid, start: startOf(pod) })
      if (certificate === undefined) throw new Error('it asks for a second certificate without having been started again')
      await ask(pool, { method: 'POST', path: '/certificate', body: JSON.stringify({ certificate }) })
    } finally {
      await pool.destroy()
    }
  }
  const askCertified = async (pod: Pod, what: Ask): Promise<string> => {
    try {
      return await ask(poolOf(pod), what)
    } catch (error) {
      if (!NOT_CERTIFIED.has(codeOf(error))) throw error
      drop(pod.metadata.uid ?? '')
      await certify(pod)
      return ask(poolOf(pod), what)
    }
  }
  return {
    push: async (pod, table) => {
      const decoded = decodeRouterReport(await askCertified(pod, { method: 'POST', path: '/table', body: table }))
      if ('problem' in decoded) throw new Error(`the answer is not a report: ${decoded.problem}`)
      return decoded.value
    },
    buckets: async (pod, route, seconds) => {
      const path = `/buckets?route=${encodeURIComponent(route)}&seconds=${seconds}`
      const decoded = decodeBucketReport(await ask(poolOf(pod), { method: 'GET', path }))
      if ('problem' in decoded) throw new Error(`the answer is not a report: ${decoded.problem}`)
      return decoded.value
    },
    keepOnly: uids => {
      for (const uid of pools.keys()) if (!uids.has(uid)) drop(uid)
    },
    close: async () => {
      await Promise.all([...pools.values()].map(({ pool }) => pool.destroy()))
      pools.clear()
    },
  }
}
