/** The lanes and which connections they take. A new lane is a line here. */
import type { RoutePort } from '../../api/route.ts'
import type { Lane, LaneContext } from './connection.ts'
import { makeFastLane } from './fast/lane.ts'
import { firstBytes, type Speaks } from './first-bytes.ts'
import { makeGeneralLane } from './general.ts'
import { makeH2Lane } from './h2/lane.ts'
import { makeTcpLane } from './tcp.ts'

export type LaneName = 'http' | 'h2' | 'tcp'

const LANES: { readonly [name in LaneName]: (context: LaneContext) => Lane } = {
  // The fast lane gives what it does not take to the general one.
  http: context => {
    const general = makeGeneralLane(context)
    if (!context.fastLane) return general
    const fast = makeFastLane(context, general)
    return {
      accept: fast.accept,
      stop: () => {
        fast.stop()
        general.stop()
      },
    }
  },
  h2: makeH2Lane,
  tcp: makeTcpLane,
}

export const makeLanes = (context: LaneContext): { readonly [name in LaneName]: Lane } => ({
  http: LANES.http(context),
  h2: LANES.h2(context),
  tcp: LANES.tcp(context),
})

const BY_FIRST_BYTES: { readonly [speaks in Exclude<Speaks, 'more'>]: LaneName } = {
  http1: 'http',
  h2: 'h2',
  tls: 'tcp',
  unknown: 'tcp',
}

/**
 * The lane of a connection that has sent `bytes` so far; undefined when it must send more first. A tcp port does not wait:
 * there the server may speak first.
 */
export const laneOf = (port: RoutePort, bytes: Uint8Array): LaneName | undefined => {
  if (port.protocol === 'tcp') return 'tcp'
  const speaks = firstBytes(bytes)
  return speaks === 'more' ? undefined : BY_FIRST_BYTES[speaks]
}
