/** A provider against a stand-in for its service on loopback. */

import type { Measured } from '../measured.ts'
import { type HttpClient, makeHttpClient } from '../providers/http.ts'
import type { Provider } from '../providers/provider.ts'
import type { SecretData, SecretSource } from '../providers/secrets.ts'
import { makeIdentity } from './admin-server.ts'
import { FIRST } from './runs.ts'
import { type Respond, startWebServer, type WebServer } from './web-server.ts'

export const NOW = Date.parse('2026-03-01T12:00:30Z')
export const TOKEN = 'correct-horse'

export type Lab = {
  readonly server: WebServer
  readonly provider: Provider
  readonly ask: (config: object, now?: number) => Promise<Measured>
  readonly dispose: () => Promise<void>
}

type Parts = { readonly http: HttpClient; readonly secrets: SecretSource; readonly origin: string }

type Secrets = { readonly [name: string]: SecretData }

export type LabOptions = {
  readonly make: (parts: Parts) => Provider
  /** By `NAMESPACE/NAME`; `sluice` is the controller's namespace. */
  readonly secrets?: (server: Pick<WebServer, 'origin'>) => Secrets
  readonly isTls?: boolean
  /** The authority of the server's certificate is not known to the client. */
  readonly isStranger?: boolean
  readonly maxBytes?: number
}

export const startLab = async (options: LabOptions, respond: Respond): Promise<Lab> => {
  const { make, secrets = (): Secrets => ({}), isTls = false, isStranger = false, maxBytes } = options
  const identity = isTls ? await makeIdentity('localhost') : undefined
  const started = await startWebServer(respond, identity?.serving)
  const server = { ...started, origin: isTls ? started.origin.replace('127.0.0.1', 'localhost') : started.origin }
  const ca = isStranger ? undefined : identity?.authority.cert
  const http = makeHttpClient({ retryAfterMs: 1, ...(ca && { ca }), ...(maxBytes && { maxBytes }) })
  const find = (name: string): Promise<SecretData> => {
    const data = secrets(server)[name]
    return data ? Promise.resolve(data) : Promise.reject(new Error(`Secret ${name} is not found`))
  }
  const provider = make({
    http,
    origin: server.origin,
    secrets: { own: name => find(`sluice/${name}`), ofNamespace: (namespace, name) => find(`${namespace}/${name}`) },
  })
  return {
    server,
    provider,
    ask: (config, now = NOW) => {
      const metric = { name: 'm', provider: { [provider.name]: config } }
      return provider.measure({ namespace: 'default', metric, config, since: 0, ...FIRST, passedBefore: false, now })
    },
    dispose: async () => {
      await http.close()
      await server.close()
    },
  }
}

export const withLab = async (options: LabOptions, respond: Respond, body: (lab: Lab) => Promise<void>): Promise<void> => {
  const lab = await startLab(options, respond)
  try {
    await body(lab)
  } finally {
    await lab.dispose()
  }
}

/** The value or the message, for assertions. */
export const shown = (measured: Measured): string => {
  switch (measured.kind) {
    case 'value':
      return measured.value
    case 'error':
      return measured.message
    case 'verdict':
      return measured.verdict.message
    case 'phase':
      return `${measured.phase} ${measured.value ?? ''} ${measured.message ?? ''}`.trim()
    case 'pending':
      return `pending ${JSON.stringify(measured.metadata)}`
  }
}
