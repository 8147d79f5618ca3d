/** The manifest by which krew installs `kubectl sluice`. Pure. */
import { stringify } from 'yaml'

export type Release = {
  /** Without `v`. */
  readonly version: string
  /** Where the archive can be fetched; krew takes https only. */
  readonly url: string
  /** Hexadecimal, of the archive. */
  readonly sha256: string
  /** The archive with Node in it, where there is one; `os` and `arch` in Go's words, as krew has them. */
  readonly executable?: { readonly os: string; readonly arch: string; readonly url: string; readonly sha256: string }
}

/** The archive is JavaScript: the same one for every system that has Node. */
const SYSTEMS = ['linux', 'darwin'] as const

const platform = (matchLabels: object, uri: string, sha256: string): object => ({
  selector: { matchLabels },
  uri,
  sha256,
  bin: 'kubectl-sluice',
  files: [{ from: '*', to: '.' }],
})

/** krew takes the first platform that fits: the executable comes before what needs Node. */
export const renderKrewManifest = ({ version, url, sha256, executable }: Release): string =>
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
        caveats:
          executable === undefined
            ? 'Needs Node 22.19 or newer on the PATH.\n'
            : `Needs Node 22.19 or newer on the PATH, but on ${executable.os}/${executable.arch}, where it has its own.\n`,
        platforms: [
          ...(executable === undefined
            ? []
            : [platform({ os: executable.os, arch: executable.arch }, executable.url, executable.sha256)]),
          ...SYSTEMS.map(os => platform({ os }, url, sha256)),
        ],
      },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  )
