/** Makes real connections through a Service's cluster address and counts who answers: proof that the routers are in the path. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { PROBE_HEADER, PROBE_PATH, ROUTER_HEADER } from '../api/names.ts'

export type ProbeTarget = {
  /** The Service's cluster addresses, one a family; asked in turn. */
  readonly hosts: readonly string[]
  readonly port: number
  readonly protocol: 'http' | 'tcp'
}

type Address = { readonly host: string; readonly port: number }

/** Longest that one probe connection may take; one that is slower counts as not answered by a router. */
const TIMEOUT_MS = 1000

const askHttp = (target: Address): Promise<boolean> =>
  new Promise(resolve => {
    // No agent: a pooled connection would say nothing about where a new one goes.
    const ask = request({
      host: target.host,
      port: target.port,
      path: PROBE_PATH,
      agent: false,
      timeout: TIMEOUT_MS,
      headers: { [PROBE_HEADER]: '1', connection: 'close' },
    })
    ask.on('response', answer => {
      resolve(answer.headers[ROUTER_HEADER] !== undefined)
      answer.resume()
    })
    ask.on('timeout', () => ask.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    // Refused, reset or silent: whoever is there, it is not a router that serves.
    ask.on('error', () => resolve(false))
    ask.end()
  })

/** A port that is split per connection carries unknown bytes, so all that can be seen is that somebody accepts. */
const askTcp = (target: Address): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ host: target.host, port: target.port, timeout: TIMEOUT_MS })
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.on('connect', () => end(true))
    socket.on('timeout', () => end(false))
    socket.on('error', () => end(false))
  })

/**
 * How many of `count` new connections to `target` a router answered. They are made one after the other, since a service proxy that
 * takes turns would otherwise show each endpoint just once.
 */
export const probe = async ({ hosts, port, protocol }: ProbeTarget, count: number): Promise<number> => {
  let answered = 0
  for (let i = 0; i < count; i += 1) {
    const address = { host: hosts[i % hosts.length] ?? '', port }
    if (await (protocol === 'http' ? askHttp(address) : askTcp(address))) answered += 1
  }
  return answered
}
