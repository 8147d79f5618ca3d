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

export type LabOptions = {
  readonly make: (parts: { readonly http: HttpClient; readonly secrets: SecretSource }) => Provider
  /** By `NAMESPACE/NAME`; `sluice` is the controller's namespace. */
  readonly secrets?: (server: WebServer) => { readonly [name: string]: SecretData }
  readonly isTls?: boolean
}

export const startLab = async ({ make, secrets = () => ({}), isTls = false }: LabOptions, respond: Respond): Promise<Lab> => {
  const identity = isTls ? await makeIdentity('localhost') : undefined
  const server = await startWebServer(respond, identity?.serving)
  const http = makeHttpClient({ retryAfterMs: 1, ...(identity && { ca: identity.authority.cert }) })
  const find = (name: string): Promise<SecretData> => {
    const data = secrets(server)[name]
    return data ? Promise.resolve(data) : Promise.reject(new Error(`Secret ${name} is not found`))
  }
  const provider = make({
    http,
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
