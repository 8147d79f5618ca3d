/** The ejection's steps on ReplicaSets: the stable version whole before anything moves, the others gone before a selector comes back. */
import { REPLICA_SETS } from '../../kube/resources.ts'
import { type Ejection, type EjectStep, readStable, waitUntil } from './ejection.ts'

const scale = ({ client, namespace }: Ejection, name: string, replicas: number): Promise<unknown> =>
  client.patch(REPLICA_SETS, { namespace, name }, 'merge', { spec: { replicas } })

export const restoreStable: EjectStep = {
  title: 'the stable version has all its pods',
  run: async ejection => {
    const { view, stable, how } = await readStable(ejection)
    const wanted = view.deployment.spec.replicas ?? 1
    const has = stable.spec.replicas ?? 1
    const { name } = stable.metadata
    if (has < wanted) await scale(ejection, name, wanted)
    await waitUntil(ejection, async () => {
      const { stable: now } = await readStable(ejection)
      const available = now.status?.availableReplicas ?? 0
      return available >= wanted ? undefined : `ReplicaSet ${name} has ${available} of ${wanted} pods available`
    })
    return has < wanted
      ? `scaled ReplicaSet ${name} from ${has} to ${wanted}`
      : `ReplicaSet ${name} by ${how}, ${wanted} available`
  },
}

export const stopOthers: EjectStep = {
  title: 'no other version has pods',
  run: async ejection => {
    const { view, stable } = await readStable(ejection)
    const others = view.versions.map(one => one.replicaSet).filter(one => one.metadata.name !== stable.metadata.name)
    const active = others.filter(one => (one.spec.replicas ?? 1) > 0)
    for (const one of active) await scale(ejection, one.metadata.name, 0)
    await waitUntil(ejection, async () => {
      const { view: now } = await readStable(ejection)
      const left = now.versions.filter(one => one.replicaSet.metadata.name !== stable.metadata.name && one.pods.length > 0)
      return left[0] && `${left[0].pods.length} pods of ReplicaSet ${left[0].replicaSet.metadata.name} are still there`
    })
    return active.length === 0 ? undefined : `scaled ${active.map(one => one.metadata.name).join(', ')} to 0`
  },
}
