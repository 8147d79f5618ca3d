/** The manifest by which krew installs `kubectl sluice`. Pure. */
import { stringify } from 'yaml'

export type Release = {
  /** Without `v`. */
  readonly version: string
  /** Where the archive can be fetched; krew takes https only. */
  readonly url: string
  /** Hexadecimal, of the archive. */
  readonly sha256: string
}

/** The archive is JavaScript: the same one for every system that has Node. */
const SYSTEMS = ['linux', 'darwin'] as const

export const renderKrewManifest = ({ version, url, sha256 }: Release): string =>
  stringify(
    {
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'sluice' },
      spec: {
        version: `v${version}`,
        shortDescription: 'Watch, steer and check canary updates of Deployments',
        description:
          'The command line of Sluice, which tries each new version of an annotated Deployment on a share of the real traffic: shows and steers updates, explains verdicts, checks clusters and manifests, and simulates what an update would do.\n',
        caveats: 'Needs Node 22.19 or newer on the PATH.\n',
        platforms: SYSTEMS.map(os => ({
          selector: { matchLabels: { os } },
          uri: url,
          sha256,
          bin: 'kubectl-sluice',
          files: [{ from: '*', to: '.' }],
        })),
      },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  )
