/** The providers that ask other systems than the routers, over one HTTP client. */
import { type AwsSource, makeAuthenticate } from './authentication.ts'
import { makeHttpClient } from './http.ts'
import { makePrometheusProvider } from './prometheus.ts'
import type { Provider } from './provider.ts'
import { makeWebProvider } from './web.ts'

export type ExternalOptions = {
  /** Where prometheus metrics without an address are asked. */
  readonly prometheusAddress?: string
  /** Credentials for requests to Amazon; without it they are errors that say so. */
  readonly aws?: AwsSource
}

const noAws: AwsSource = () => Promise.reject(new Error('AWS credentials are not configured for the controller'))

export const makeExternalProviders = ({ prometheusAddress, aws = noAws }: ExternalOptions = {}) => {
  const http = makeHttpClient()
  const authenticate = makeAuthenticate(http, aws)
  const providers: readonly Provider[] = [
    makePrometheusProvider({ http, authenticate, ...(prometheusAddress && { defaultAddress: prometheusAddress }) }),
    makeWebProvider({ http, authenticate }),
  ]
  return { providers, close: http.close }
}
