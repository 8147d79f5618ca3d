/**
 * Loopback ranges for one cluster. Several clusters may run on one machine (tests do), so each takes a range that no other has, and holds it by
 * listening on one address of it.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

export type Network = {
  /** Range of the cluster addresses of Services. */
  readonly serviceCidr: string
  /** First two bytes of the pods' addresses. */
  readonly podNetwork: string
  readonly release: () => void
}

const RANGES = 64
const LOCK_PORT = 61_616

/** Range N: Services `127.96.4N.0/22`, pods `127.(128+N).0.0/16`. Throws when all 64 are taken. */
export async function claimNetwork(): Promise<Network> {
  for (let index = 0; index < RANGES; index += 1) {
    const podNetwork = `127.${128 + index}`
    const lock = await listenOn(`${podNetwork}.255.254`)
    if (lock) return { serviceCidr: `127.96.${index * 4}.0/22`, podNetwork, release: () => void lock.close() }
  }
  throw new Error(`all ${RANGES} loopback ranges are taken by other clusters on this machine`)
}

async function listenOn(host: string): Promise<Server | undefined> {
  const server = createServer().listen(LOCK_PORT, host)
  try {
    await once(server, 'listening')
    return server.unref()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}
