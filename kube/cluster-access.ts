/**
 * How to reach one API server and who to be there: address, TLS options, headers.
 * The plain ways (tokens, token files, certificates, passwords, a pod's own files) are read here; what needs a plugin or a login flow goes to
 * @kubernetes/client-node, which is imported only then, because the import alone costs 80 to 120 MiB and half a second.
 */
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { messageOf } from './errors.ts'
import type { Selection } from './kubeconfig.ts'

export type TlsOptions = {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

export type Access = { readonly headers: { readonly [name: string]: string | readonly string[] }; readonly tls: TlsOptions }

export type ClusterAccess = {
  /** `https://host:port`, perhaps with a path in front of the API's own, without a slash at the end. */
  readonly server: string
  readonly proxyUrl?: string
  /** The namespace of the context or of the pod. */
  readonly namespace?: string
  /** Reads files anew: tokens and certificates are rotated under a running process. */
  readonly read: () => Promise<Access>
}

type Fields = { readonly [name: string]: unknown }

const textOf = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** PEM from `NAME-data` (base64, wins) or from the file that `NAME` names. */
const pemOf = async (fields: Fields, name: string): Promise<string | undefined> => {
  const data = textOf(fields, `${name}-data`)
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  const file = textOf(fields, name)
  return file === undefined ? undefined : readFile(file, 'utf8')
}

const withoutUndefined = <T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T

export const serverOf = (cluster: Fields): string => {
  const server = textOf(cluster, 'server')
  if (server === undefined || !/^https?:\/\//.test(server))
    throw new Error(
      `kubeconfig: cluster.server is ${JSON.stringify(cluster['server'])}; it must be an address like https://10.0.0.1:6443`,
    )
  return server.replace(/\/+$/, '')
}

const tlsOf = async ({ cluster, user }: Selection): Promise<TlsOptions> =>
  withoutUndefined<TlsOptions>({
    ca: await pemOf(cluster, 'certificate-authority'),
    cert: await pemOf(user, 'client-certificate'),
    key: await pemOf(user, 'client-key'),
    servername: textOf(cluster, 'tls-server-name'),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] === true ? false : undefined,
  })

const authorizationOf = async (user: Fields): Promise<string | undefined> => {
  const file = textOf(user, 'tokenFile')
  const token = file === undefined ? textOf(user, 'token') : (await readFile(file, 'utf8')).trim()
  if (token) return `Bearer ${token}`
  const name = textOf(user, 'username')
  return name === undefined ? undefined : `Basic ${Buffer.from(`${name}:${textOf(user, 'password') ?? ''}`).toString('base64')}`
}

const headersOf = async (user: Fields): Promise<Access['headers']> => {
  const groups = user['as-groups']
  return withoutUndefined<Access['headers']>({
    authorization: await authorizationOf(user),
    'impersonate-user': textOf(user, 'as'),
    'impersonate-group': Array.isArray(groups) ? groups.map(String) : undefined,
  })
}

const placeOf = (selection: Selection): Omit<ClusterAccess, 'read'> =>
  withoutUndefined<Omit<ClusterAccess, 'read'>>({
    server: serverOf(selection.cluster),
    proxyUrl: textOf(selection.cluster, 'proxy-url'),
    namespace: selection.namespace,
  })

/** For users of a kubeconfig that need no plugin. */
export const plainAccess = (selection: Selection): ClusterAccess => ({
  ...placeOf(selection),
  read: async () => ({ headers: await headersOf(selection.user), tls: await tlsOf(selection) }),
})

export const needsPlugin = (selection: Selection): boolean =>
  selection.user['exec'] !== undefined || selection.user['auth-provider'] !== undefined

/** client-node's own view of the same context: it runs credential plugins and refreshes logins. */
export const pluginAccess = async (selection: Selection): Promise<ClusterAccess> => {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const kubeConfig = new KubeConfig()
  // It refuses plain http unless told that TLS is not to be checked, which without TLS means nothing.
  const plain = serverOf(selection.cluster).startsWith('http:') ? { 'insecure-skip-tls-verify': true } : {}
  const one = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'chosen',
    contexts: [{ name: 'chosen', context: { cluster: 'chosen', user: 'chosen' } }],
    clusters: [{ name: 'chosen', cluster: { ...selection.cluster, 'proxy-url': undefined, ...plain } }],
    users: [{ name: 'chosen', user: selection.user }],
  }
  kubeConfig.loadFromString(JSON.stringify(one))
  const read = async (): Promise<Access> => {
    // Only credentials come from it: an agent that it makes as well is kept by it and never connected.
    const options: Parameters<typeof kubeConfig.applyToHTTPSOptions>[0] & { readonly headers?: unknown } = {}
    await kubeConfig.applyToHTTPSOptions(options)
    const text = (value: unknown): string | undefined =>
      typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined
    const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)])
    const tls = await tlsOf(selection)
    const fromPlugin = withoutUndefined<TlsOptions>({ cert: text(options.cert), key: text(options.key) })
    return { headers: { ...(await headersOf(selection.user)), ...Object.fromEntries(headers) }, tls: { ...tls, ...fromPlugin } }
  }
  return { ...placeOf(selection), read }
}

export type InClusterOptions = {
  /** Where the ServiceAccount's files are mounted. */
  readonly directory?: string
  /** Default: the name that every cluster's DNS and serving certificate know. */
  readonly host?: string
  readonly port?: string
}

/**
 * The API server's address as the kubelet tells it to every pod, from the pod's environment: it needs no DNS, so a process starts and
 * goes on while cluster DNS is away.
 */
export const apiServerOf = (environment: { readonly [name: string]: string | undefined }): InClusterOptions => {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment
  return { ...(host ? { host } : {}), ...(port ? { port } : {}) }
}

const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount'

/** A pod's own access, from the files of its ServiceAccount. Rejects when they are not there. */
export const inClusterAccess = async (options: InClusterOptions = {}): Promise<ClusterAccess> => {
  const { directory = SERVICE_ACCOUNT_DIRECTORY, host = 'kubernetes.default.svc', port = '443' } = options
  const read = async (): Promise<Access> => ({
    headers: { authorization: `Bearer ${(await readFile(join(directory, 'token'), 'utf8')).trim()}` },
    tls: { ca: await readFile(join(directory, 'ca.crt'), 'utf8') },
  })
  try {
    await read()
  } catch (error) {
    throw new Error(`no kubeconfig was given and this is not a pod with a ServiceAccount: ${messageOf(error)}`, { cause: error })
  }
  const namespace = await readFile(join(directory, 'namespace'), 'utf8').then(
    text => text.trim(),
    () => '',
  )
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
  return { server, read, ...(namespace === '' ? {} : { namespace }) }
}
