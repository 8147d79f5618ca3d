/** The ConfigMap and the Secret of notifications, read when there is something to tell and kept for a short while. */
import { redact } from '../analysis/redact.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { isNotFound } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import { CONFIG_MAPS, SECRETS } from '../kube/resources.ts'
import { CONFIG_MAP_NAME, type Config, readConfig, SECRET_NAME } from '../notifications/config.ts'

export type ConfigSourceOptions = {
  readonly client: Pick<KubeClient, 'get'>
  readonly clock: Clock
  readonly log: Logger
  /** Where both are. */
  readonly systemNamespace: string
}

type Stored = KubeObject & { readonly data?: { readonly [key: string]: string } }

/** A changed ConfigMap or Secret is used after so long at the latest. */
const KEPT_MS = 10_000

/** The answer gives what they say now; one that is not there says nothing. Rejects when they cannot be read. */
export const makeConfigSource = ({ client, clock, log, systemNamespace }: ConfigSourceOptions): (() => Promise<Config>) => {
  let known: { readonly config: Promise<Config>; readonly until: number } | undefined
  let told = ''

  const dataOf = async (resource: Resource, name: string): Promise<{ readonly [key: string]: string }> => {
    try {
      return (await client.get<Stored>(resource, { namespace: systemNamespace, name })).data ?? {}
    } catch (error) {
      if (isNotFound(error)) return {}
      throw error
    }
  }

  const load = async (): Promise<Config> => {
    const [data, encoded] = await Promise.all([dataOf(CONFIG_MAPS, CONFIG_MAP_NAME), dataOf(SECRETS, SECRET_NAME)])
    const decoded = Object.entries(encoded).map(
      ([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8').trim()] as const,
    )
    const config = readConfig(data, Object.fromEntries(decoded))
    const problems = redact(config.problems.join('; '), Object.values(config.secrets))
    if (problems !== told && problems !== '') log.warn('the ConfigMap of notifications has mistakes', { problems })
    told = problems
    return config
  }

  return () => {
    if (known === undefined || clock.now() >= known.until) {
      const config = load()
      known = { config, until: clock.now() + KEPT_MS }
      config.catch(() => {
        known = undefined
      })
    }
    return known.config
  }
}
