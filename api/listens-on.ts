import type { Pod } from './kubernetes.ts'

/** Addresses on which a router's pod listens for clients: its own; all of them where it was told them (POD_IPS, dual stack). */
export const listensOn = ({ spec, status }: Pod): readonly string[] => {
  const isTold = spec.containers.some(({ env = [] }) => env.some(({ name }) => name === 'POD_IPS'))
  const all = (status?.podIPs ?? []).map(({ ip }) => ip)
  if (isTold && all.length > 0) return all
  return status?.podIP ? [status.podIP] : []
}
