/** What a process used and what an API server was asked: from /proc and from the API server's own metrics. */
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Transport } from '../../kube/client.ts'

/** Linux counts CPU time in hundredths of a second, wherever Node runs. */
const TICKS = 100

/** Seconds of CPU, user and system, of the process so far. */
export const cpuSeconds = (pid: number): number => {
  const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = after.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Resident memory of the process, now and at its most, in MB. */
export const memoryMb = (pid: number): { readonly now: number; readonly most: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (field: string) => Math.round(Number(status.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))?.[1] ?? 0) / 1000)
  return { now: read('VmRSS'), most: read('VmHWM') }
}

const LINE = /^(\w+)\{(.*)\} (\S+)$/

type Labels = { readonly [name: string]: string }

/** The series of one counter in the text of `/metrics`. */
const seriesOf = (metrics: string, counter: string): readonly { readonly labels: Labels; readonly count: number }[] =>
  metrics.split('\n').flatMap(line => {
    const [, name, said = '', count = '0'] = line.match(LINE) ?? []
    if (name !== counter) return []
    const labels = Object.fromEntries([...said.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]))
    return [{ labels, count: Number(count) }]
  })

export type Writes = ReadonlyMap<string, number>

const added = (found: readonly (readonly [key: string, count: number])[]): Writes => {
  const sums = new Map<string, number>()
  for (const [key, count] of found) sums.set(key, (sums.get(key) ?? 0) + count)
  return sums
}

const VERBS = ['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE']
const GROUPS = ['apps', 'argoproj.io']

/** Writes so far of everybody, to Deployments, ReplicaSets, Rollouts and the like, as `PATCH replicasets/status`. */
export const writesOf = async (transport: Transport): Promise<Writes> => {
  const { body } = await transport({ method: 'GET', path: '/metrics' })
  const series = seriesOf(await text(body), 'apiserver_request_total')
  return added(
    series
      .filter(({ labels: { verb = '', group = '' } }) => VERBS.includes(verb) && GROUPS.includes(group))
      .map(({ labels: { verb, resource, subresource }, count }) => [
        `${verb} ${resource}${subresource ? `/${subresource}` : ''}`,
        count,
      ]),
  )
}

const OWN = ['create', 'patch', 'delete', 'other']

/** What the controller itself asked of the API server so far, answers and refusals, as `patch rollouts 409`; from its own metrics. Without its lease. */
export const requestsOf = (metrics: string): Writes =>
  added(
    seriesOf(metrics, 'sluice_api_requests_total')
      .filter(({ labels: { method = '', resource } }) => OWN.includes(method) && resource !== 'leases')
      .map(({ labels: { method, resource, code }, count }) => [`${method} ${resource} ${code}`, count]),
  )

export const writesBetween = (before: Writes, after: Writes): Writes =>
  new Map([...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, count]) => count > 0))

export const sumOf = (writes: Writes): number => [...writes.values()].reduce((sum, count) => sum + count, 0)
