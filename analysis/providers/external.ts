/** The providers that ask other systems than the routers, over one HTTP client. */
import { type AwsSource, makeAuthenticate } from './authentication.ts'
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
import type { SecretSource } from './secrets.ts'
import { makeSkyWalkingProvider } from './skywalking.ts'
import { makeWavefrontProvider } from './wavefront.ts'
import { makeWebProvider } from './web.ts'

export type ExternalOptions = {
  /** Where prometheus metrics without an address are asked. */
  readonly prometheusAddress?: string
  /** Credentials for requests to Amazon; without it they are errors that say so. */
  readonly aws?: AwsSource
  /** Where CloudWatch is asked. */
  readonly awsRegion?: string
  /** Addresses of plugins by their names, and how those that are programs are run. */
  readonly plugins?: { readonly addresses: ReadonlyMap<string, string>; readonly run: RunProgram }
}

const noAws: AwsSource = () => Promise.reject(new Error('AWS credentials are not configured for the controller'))

export const makeExternalProviders = (
  secrets: SecretSource,
  { prometheusAddress, aws = noAws, awsRegion, plugins }: ExternalOptions = {},
) => {
  const http = makeHttpClient()
  const authenticate = makeAuthenticate(http, aws)
  const own = plugins
    ? [...plugins.addresses].map(([name, address]) => makePluginProvider(name, address, { http, run: plugins.run }))
    : []
  const providers: readonly Provider[] = [
    ...own,
    makePrometheusProvider({ http, authenticate, ...(prometheusAddress && { defaultAddress: prometheusAddress }) }),
    makeWebProvider({ http, authenticate }),
    makeDatadogProvider({ http, secrets }),
    makeNewRelicProvider({ http, secrets }),
    makeWavefrontProvider({ http, secrets }),
    makeGraphiteProvider({ http }),
    makeInfluxProvider({ http, secrets }),
    makeSkyWalkingProvider({ http }),
    makeKayentaProvider({ http }),
    makeCloudWatchProvider({ http, aws, ...(awsRegion && { region: awsRegion }) }),
  ]
  return { providers, close: http.close }
}
