/** A client of a headless Service: takes addresses and ports from EndpointSlices, as resolvers of SRV records do, and asks them in turn. */
import { get } from 'node:http'
import type { EndpointSlice } from '../../api/kubernetes.ts'
import { SERVICE_NAME } from '../../api/names.ts'
import { ENDPOINT_SLICES } from '../../kube/resources.ts'
import type { Lab } from './lab.ts'

export type Answer = { readonly at: number; readonly status: number; readonly version?: string; readonly error?: string }

type Address = { readonly host: string; readonly port: number }

const LOOK_MS = 100

const addressesIn = (slices: readonly EndpointSlice[]): readonly Address[] =>
  slices.flatMap(({ endpoints, ports }) => {
    const port = ports?.[0]?.port
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false)
    return port ? ready.flatMap(({ addresses: [host] }) => (host ? [{ host, port }] : [])) : []
  })

const askOne = ({ host, port }: Address): Promise<Answer> =>
  new Promise(resolve => {
    const end = (rest: Omit<Answer, 'at'>) => resolve({ at: Date.now(), ...rest })
    const request = get({ host, port, path: '/', agent: false, timeout: 10_000, headers: { connection: 'close' } }, response => {
      const version = response.headers['x-app-version']
      const status = response.statusCode ?? 0
      response.resume()
      response.on('end', () => end({ status, ...(typeof version === 'string' ? { version } : { error: `status ${status}` }) }))
      response.on('error', error => end({ status: 0, error: error.message }))
    })
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', error => end({ status: 0, error: `${host}:${port} ${error.message}` }))
  })

/** Resolves when the Service has endpoints and the first request is on its way; `stop` waits for the last answer. */
export const askPods = async ({ client, namespace }: Lab, service: string, rate: number) => {
  let addresses: readonly Address[] = []
  const look = async () => {
    const { items } = await client.list<EndpointSlice>(ENDPOINT_SLICES, {
      namespace,
      labelSelector: `${SERVICE_NAME}=${service}`,
    })
    addresses = addressesIn(items)
  }
  await look()
  const asked: Promise<Answer>[] = []
  let turn = 0
  const looking = setInterval(() => void look().catch(() => undefined), LOOK_MS)
  const pace = setInterval(() => {
    const address = addresses[turn % addresses.length]
    turn += 1
    if (address) asked.push(askOne(address))
  }, 1000 / rate)
  // A test that fails before it stops this must come to its end all the same.
  for (const timer of [looking, pace]) timer.unref()
  return {
    stop: async (): Promise<readonly Answer[]> => {
      clearInterval(looking)
      clearInterval(pace)
      const answers = await Promise.all(asked)
      return answers.toSorted((a, b) => a.at - b.at)
    },
  }
}
