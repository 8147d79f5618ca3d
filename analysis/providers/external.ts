/** The providers that ask other systems than the routers, over one HTTP client. */
import { makeAuthenticate } from './authentication.ts'
import { type AwsOptions, makeAwsSource } from './aws.ts'
import { makeCloudWatchProvider } from './cloudwatch.ts'
import { makeDatadogProvider } from './datadog.ts'
import { makeGraphiteProvider } from './graphite.ts'
import { makeHttpClient } from './http.ts'
import { makeInfluxProvider } from './influxdb.ts'
import { makeKayentaProvider } from './kayenta.ts'
import { makeNewRelicProvider } from './new-relic.ts'
import { makePluginProvider, type RunProgram } from './plugin.ts'
import { makePrometheusProvider } from './prometheus.ts'
import type { Provider } from './provider.ts'
import type { SecretData, SecretSource } from './secrets.ts'
import { makeSkyWalkingProvider } from './skywalking.ts'
import { makeWavefrontProvider } from './wavefront.ts'
import { makeWebProvider } from './web.ts'

export type ExternalOptions = {
  /** Where prometheus metrics without an address are asked. */
  readonly prometheusAddress?: string
  /** For requests to Amazon; without it they are errors that say so. */
  readonly aws?: Omit<AwsOptions, 'http'>
  /** Credentials of Datadog for metrics that name no Secret. */
  readonly datadog?: SecretData
  /** Addresses of plugins by their names, and how those that are programs are run. */
  readonly plugins?: { readonly addresses: ReadonlyMap<string, string>; readonly run: RunProgram }
}

const noAws: Omit<AwsOptions, 'http'> = { settings: {}, readFile: () => Promise.reject(new Error('there is no file')) }

export const makeExternalProviders = (
  secrets: SecretSource,
  { prometheusAddress, aws: from = noAws, datadog, plugins }: ExternalOptions = {},
) => {
  const http = makeHttpClient()
  const aws = makeAwsSource({ http, ...from })
  const { region } = from.settings
  const authenticate = makeAuthenticate(http, aws)
  const own = plugins
    ? [...plugins.addresses].map(([name, address]) => makePluginProvider(name, address, { http, run: plugins.run }))
    : []
  const providers: readonly Provider[] = [
    ...own,
    makePrometheusProvider({ http, authenticate, ...(prometheusAddress && { defaultAddress: prometheusAddress }) }),
    makeWebProvider({ http, authenticate }),
    makeDatadogProvider({ http, secrets, ...(datadog && { own: datadog }) }),
    makeNewRelicProvider({ http, secrets }),
    makeWavefrontProvider({ http, secrets }),
    makeGraphiteProvider({ http }),
    makeInfluxProvider({ http, secrets }),
    makeSkyWalkingProvider({ http }),
    makeKayentaProvider({ http }),
    makeCloudWatchProvider({ http, aws, ...(region && { region }) }),
  ]
  return { providers, close: http.close }
}
