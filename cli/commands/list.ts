import type { Deployment } from '../../api/kubernetes.ts'
import { PREFIX } from '../../api/names.ts'
import type { Rollout } from '../../api/rollout.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../../kube/resources.ts'
import type { Command, Session } from '../command.ts'
import { printList } from '../output/print-object.ts'
import { type ListedRollout, renderList } from '../output/render-list.ts'
import { readList } from '../read-objects.ts'

const keyOf = ({ metadata }: Deployment | Rollout): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Every Rollout with its Deployment, and opted-in Deployments that have no Rollout yet; in order of namespace and name. */
const joinByName = (rollouts: readonly Rollout[], deployments: readonly Deployment[]): readonly ListedRollout[] => {
  const byKey = new Map(deployments.map(one => [keyOf(one), one]))
  const listed = new Set(rollouts.map(keyOf))
  const waiting = deployments.filter(
    one => one.metadata.annotations?.[`${PREFIX}strategy`] !== undefined && !listed.has(keyOf(one)),
  )
  const views: ListedRollout[] = [
    ...rollouts.map(rollout => {
      const deployment = rollout.spec.workloadRef?.kind === 'Deployment' ? byKey.get(keyOf(rollout)) : undefined
      return {
        name: rollout.metadata.name,
        namespace: rollout.metadata.namespace ?? '',
        rollout,
        ...(deployment && { deployment }),
      }
    }),
    ...waiting.map(deployment => ({
      name: deployment.metadata.name,
      namespace: deployment.metadata.namespace ?? '',
      deployment,
    })),
  ]
  return views.sort((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name))
}

const run = async (session: Session): Promise<number> => {
  const { client, namespace } = await session.cluster()
  const where = session.allNamespaces ? {} : { namespace }
  const [rollouts, deployments] = await Promise.all([
    readList<Rollout>(client, ROLLOUTS, where),
    readList<Deployment>(client, DEPLOYMENTS, where),
  ])
  const { terminal, format } = session
  if (format === 'json' || format === 'yaml') {
    terminal.write(printList(rollouts, format))
    return 0
  }
  const views = joinByName(rollouts, deployments)
  if (views.length === 0) {
    const place = session.allNamespaces ? 'in any namespace' : `in namespace ${namespace}; -A looks in all`
    terminal.write(`nothing is managed by Sluice ${place}\n`)
    return 0
  }
  const options = {
    style: terminal.style,
    width: format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width,
    now: session.now(),
  }
  terminal.write(`${renderList(views, { ...options, withNamespace: session.allNamespaces }).join('\n')}\n`)
  return 0
}

export const list: Command = {
  name: 'list',
  summary: 'list what Sluice manages and what each waits for',
  examples: ['list', 'list -A', 'list -o json'],
  run,
}
