/** Names of ReplicaSets are hashes; what is read is which image they are of. */
import type { ReplicaSet } from '../../../api/kubernetes.ts'

/** The log with images for hashes. */
export const readable = ({
  replicaSets,
  log,
}: {
  readonly replicaSets: readonly ReplicaSet[]
  readonly log: readonly string[]
}): string =>
  replicaSets
    .map(({ metadata, spec }) => [metadata.name.replace('web-', ''), spec.template.spec.containers[0]?.image] as const)
    .reduce(
      (text, [hash, image]) => text.replaceAll(`web-${hash}`, `web-${image}`).replaceAll(hash, `hash-${image}`),
      log.join('\n'),
    )
