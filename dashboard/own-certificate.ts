/** A serving pair that is made at the start and lives in memory: no Secret, no right to one. Browsers reach it through an Ingress or port-forward. */
import { makeAuthority, makeServing, type Pair } from '../kube/certificate-pair.ts'
import type { Clock, Timer } from '../kube/clock.ts'
import type { PairSource } from '../kube/tls-server.ts'

/** A pair is good for a year. */
const RENEW_MS = 200 * 86_400_000

const makePair = async (dnsNames: readonly string[], now: number): Promise<Pair> =>
  makeServing(await makeAuthority('sluice-dashboard', now), dnsNames, now)

export type OwnCertificate = PairSource & { readonly stop: () => void }

export const startOwnCertificate = async (dnsNames: readonly string[], clock: Clock): Promise<OwnCertificate> => {
  let current = await makePair(dnsNames, clock.now())
  const handlers = new Set<() => void>()
  let timer: Timer
  const wait = (): void => {
    timer = clock.setTimeout(() => {
      void makePair(dnsNames, clock.now()).then(next => {
        current = next
        for (const handler of handlers) handler()
        wait()
      })
    }, RENEW_MS)
  }
  wait()
  return {
    current: () => current,
    onChange: callback => {
      handlers.add(callback)
      return () => handlers.delete(callback)
    },
    stop: () => timer.cancel(),
  }
}
