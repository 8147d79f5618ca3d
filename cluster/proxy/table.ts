/** From a Service and its EndpointSlices to what is listened on and where connections go. Rules: kube-proxy's endpointslicecache.go and topology.go. */
import type { Endpoint, EndpointSlice, Service } from '../../api/kubernetes.ts'

export type Target = { readonly ip: string; readonly port: number }

export type PortRule = {
  /** Cluster address and port to listen on. */
  readonly address: string
  readonly port: number
  readonly portName: string
  /** Where new connections may go; empty: they are refused. */
  readonly targets: readonly Target[]
  /** How long a client address stays with its target; absent without session affinity. */
  readonly affinityMs?: number
}

export type ServiceRules = {
  readonly ports: readonly PortRule[]
  /** Ports that cannot be served, each with the reason. */
  readonly unsupported: readonly { readonly port: number; readonly reason: string }[]
}

const AFFINITY_SECONDS = 10_800

/**
 * The rules of one Service. All its slices count, whoever wrote them; a Service port takes the slice ports of its NAME, whatever their number.
 * Ready endpoints are used, and only if there is none those that are serving and terminating.
 */
export function planRules(service: Service, slices: readonly EndpointSlice[]): ServiceRules {
  const address = service.spec.clusterIP ?? ''
  if (address === '' || address === 'None' || service.spec.type === 'ExternalName') return { ports: [], unsupported: [] }
  const all = service.spec.ports ?? []
  const tcp = all.filter(port => (port.protocol ?? 'TCP') === 'TCP')
  const ports = tcp.map(({ name = '', port }): PortRule => {
    const rule = { address, port, portName: name, targets: chooseTargets(name, slices) }
    return service.spec.sessionAffinity === 'ClientIP' ? { ...rule, affinityMs: affinityOf(service) } : rule
  })
  const unsupported = all
    .filter(port => !tcp.includes(port))
    .map(({ port, protocol = '' }) => ({ port, reason: `this cluster's service proxy carries TCP only, not ${protocol}` }))
  return { ports, unsupported }
}

function affinityOf(service: Service): number {
  const config = service.spec['sessionAffinityConfig'] as { readonly clientIP?: { readonly timeoutSeconds?: number } } | undefined
  return (config?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS) * 1000
}

type Candidate = Target & { readonly ready: boolean; readonly lastResort: boolean }

function chooseTargets(portName: string, slices: readonly EndpointSlice[]): readonly Target[] {
  const byAddress = new Map<string, Candidate>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const port = slice.ports?.find(
      candidate => (candidate.name ?? '') === portName && (candidate.protocol ?? 'TCP') === 'TCP',
    )?.port
    if (typeof port !== 'number') continue
    for (const endpoint of slice.endpoints ?? []) addCandidate(byAddress, endpoint, port)
  }
  const candidates = [...byAddress.values()]
  const ready = candidates.filter(candidate => candidate.ready)
  const chosen = ready.length > 0 ? ready : candidates.filter(candidate => candidate.lastResort)
  return chosen.map(({ ip, port }) => ({ ip, port })).toSorted((a, b) => (a.ip === b.ip ? a.port - b.port : a.ip < b.ip ? -1 : 1))
}

/** The same address may stand in several slices while a Service changes hands; being ready in one of them is enough. */
function addCandidate(byAddress: Map<string, Candidate>, { addresses, conditions }: Endpoint, port: number): void {
  const ip = addresses[0]
  if (ip === undefined) return
  const ready = conditions?.ready ?? true
  const lastResort = (conditions?.serving ?? true) && (conditions?.terminating ?? false)
  const key = `${ip}:${port}`
  const known = byAddress.get(key)
  byAddress.set(key, {
    ip,
    port,
    ready: ready || (known?.ready ?? false),
    lastResort: lastResort || (known?.lastResort ?? false),
  })
}
