/** Secrets with the credentials of metric providers, read when a metric needs them, so that a changed one is used at once. */
import type { SecretData, SecretSource } from '../analysis/providers/secrets.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import { SECRETS } from '../kube/resources.ts'

type Secret = KubeObject & { readonly data?: { readonly [key: string]: string } }

const reasonOf = (error: unknown): string => {
  if (!(error instanceof ApiError)) return 'the API server does not answer'
  if (error.status === 404) return 'it is not there'
  return error.status === 403 ? 'the controller has no right to get it' : `the API server answered ${error.status}`
}

const decode = (data: Secret['data'] = {}): SecretData =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8').trim()]))

export type ProviderSecretsOptions = { readonly client: Pick<KubeClient, 'get'>; readonly systemNamespace: string }

export const makeProviderSecrets = ({ client, systemNamespace }: ProviderSecretsOptions): SecretSource => {
  const read = async (namespace: string, name: string): Promise<SecretData> => {
    try {
      return decode((await client.get<Secret>(SECRETS, { namespace, name })).data)
    } catch (error) {
      throw new Error(`Secret ${namespace}/${name} cannot be read: ${reasonOf(error)}`)
    }
  }
  return { own: name => read(systemNamespace, name), ofNamespace: read }
}
