/** Which pod and port a request to `pods/proxy` means. Pure; the rules are those of kube-apiserver (registry/core/pod). */
import { BlockList, isIP } from 'node:net'
import { badRequest, unavailable } from '../failure.ts'
import { at, type JsonObject, numberOf, objectsOf, textOf } from '../json.ts'

export type PodProxyPath = {
  readonly namespace: string
  /** `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`. */
  readonly id: string
  /** The path up to and with `/proxy`. */
  readonly prefix: string
  /** What follows, as it was written: empty or with a slash in front. */
  readonly rest: string
}

const PROXY_PATH = /^(\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/proxy)(\/.*)?$/

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Undefined for every other path. */
export const parsePodProxyPath = (path: string): PodProxyPath | undefined => {
  const [, prefix, namespace, id, rest = ''] = PROXY_PATH.exec(path) ?? []
  if (prefix === undefined || namespace === undefined || id === undefined) return undefined
  return { prefix, namespace: decoded(namespace), id: decoded(id), rest }
}

export type PodId = { readonly scheme: 'http' | 'https'; readonly name: string; readonly port: string }

/** `port` is empty where none is named. Throws a Failure for what is no pod, e.g. `ftp:web:21`. */
export const parsePodId = (id: string): PodId => {
  const parts = id.split(':')
  const [scheme = '', name = '', port = ''] = parts.length > 2 ? parts : ['', ...parts]
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme))
    throw badRequest(`invalid pod request ${JSON.stringify(id)}`)
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port }
}

export type Target = { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number }

const NEVER_A_POD = new BlockList()
NEVER_A_POD.addAddress('0.0.0.0')
NEVER_A_POD.addSubnet('169.254.0.0', 16)
NEVER_A_POD.addSubnet('224.0.0.0', 3)
NEVER_A_POD.addAddress('::', 'ipv6')
NEVER_A_POD.addSubnet('fe80::', 10, 'ipv6')
NEVER_A_POD.addSubnet('ff00::', 8, 'ipv6')

// Kubernetes refuses loopback too; here it is where the pods are.
const isAllowed = (address: string): boolean => {
  const family = isIP(address)
  return family !== 0 && !NEVER_A_POD.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

const firstPort = (pod: JsonObject): number | undefined => {
  const ports = objectsOf(at(pod, 'spec', 'containers')).flatMap(container => objectsOf(container['ports']).slice(0, 1))
  return numberOf(ports[0]?.['containerPort'])
}

const portOf = (pod: JsonObject, { scheme, port }: PodId): number => {
  if (port === '') return firstPort(pod) ?? (scheme === 'https' ? 443 : 80)
  const number = Number(port)
  if (/^\d+$/.test(port) && number >= 1 && number <= 65_535) return number
  const why = /^\d+$/.test(port) ? `address ${port}: invalid port` : `lookup tcp/${port}: unknown port`
  throw unavailable(`error trying to reach service: dial tcp: ${why}`)
}

/** Where the pod listens: the port that is named, else the first of its containers' ports, else that of the scheme. */
export const targetOf = (pod: JsonObject, id: PodId): Target => {
  const host = textOf(objectsOf(at(pod, 'status', 'podIPs'))[0]?.['ip']) || textOf(at(pod, 'status', 'podIP'))
  if (!isAllowed(host)) throw badRequest('address not allowed')
  return { scheme: id.scheme, host, port: portOf(pod, id) }
}

/** `127.0.0.1:80`, `[::1]:80`. */
export const authorityOf = ({ host, port }: Target): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
