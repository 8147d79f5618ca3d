/** Kubeconfig files for the server's users. */
import { stringify } from 'yaml'

export type KubeconfigInput = {
  readonly server: string
  readonly token: string
  readonly user: string
  readonly ca?: string
  readonly namespace?: string
}

/** A kubeconfig with one context. `ca` is the PEM text of the server's certificate authority. */
export const kubeconfigText = ({ server, token, user, ca, namespace }: KubeconfigInput): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sluice',
    clusters: [
      {
        name: 'sluice',
        cluster: {
          server,
          ...(ca ? { 'certificate-authority-data': Buffer.from(ca).toString('base64') } : { 'insecure-skip-tls-verify': true }),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'sluice', context: { cluster: 'sluice', user, namespace: namespace ?? 'default' } }],
  })
