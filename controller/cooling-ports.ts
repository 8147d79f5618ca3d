/**
 * Remembers for a minute the listening ports of Routes that are gone: a client that still holds an old address must reach nobody, not
 * another application's listener.
 */
import type { Route } from '../api/route.ts'

export type CoolingPorts = {
  readonly release: (ports: readonly number[]) => void
  readonly ports: () => readonly number[]
}

const COOL_DOWN_MS = 60_000

export const makeCoolingPorts = (now: () => number): CoolingPorts => {
  const until = new Map<number, number>()
  return {
    release: ports => {
      for (const port of ports) until.set(port, now() + COOL_DOWN_MS)
    },
    ports: () => {
      for (const [port, end] of until) if (end <= now()) until.delete(port)
      return [...until.keys()]
    },
  }
}

/** Listening ports that the Route had and does not have any more: all when it is gone, one when the Service lost a port. */
export const givenUp = (before: Route | undefined, now: Route | undefined): readonly number[] => {
  const kept = new Set(now?.spec.ports.map(({ listenPort }) => listenPort))
  return (before?.spec.ports ?? []).map(({ listenPort }) => listenPort).filter(port => !kept.has(port))
}
