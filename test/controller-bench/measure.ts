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

const LINE = /^apiserver_request_total\{(.*)\} (\S+)$/

const labelsOf = (text: string): { readonly [name: string]: string } =>
  Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))

const isWrite = ({ verb = '', group = '' }: { readonly [name: string]: string }): boolean =>
  ['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE'].includes(verb) && (group === 'apps' || group === 'argoproj.io')

export type Writes = ReadonlyMap<string, number>

/** Writes so far of everybody, to Deployments, ReplicaSets, Rollouts and the like, as `PATCH replicasets/status`. */
export const writesOf = async (transport: Transport): Promise<Writes> => {
  const found = new Map<string, number>()
  const { body } = await transport({ method: 'GET', path: '/metrics' })
  for (const line of (await text(body)).split('\n')) {
    const [, said = '', count = '0'] = line.match(LINE) ?? []
    const labels = labelsOf(said)
    if (said === '' || !isWrite(labels)) continue
    const key = `${labels['verb']} ${labels['resource']}${labels['subresource'] ? `/${labels['subresource']}` : ''}`
    found.set(key, (found.get(key) ?? 0) + Number(count))
  }
  return found
}

export const writesBetween = (before: Writes, after: Writes): Writes =>
  new Map([...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, count]) => count > 0))

export const sumOf = (writes: Writes): number => [...writes.values()].reduce((sum, count) => sum + count, 0)
