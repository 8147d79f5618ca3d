/** Objects of a Rollout as Argo Rollouts leaves them, made from those of Sluice. */
import { PROVE_AGAIN, WRITTEN_TEMPLATE } from '../names.ts'
import type { World } from './world.ts'

/** What the API server fills into the template of a ReplicaSet. */
const DEFAULTED = {
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  terminationGracePeriodSeconds: 30,
}

/** Renames a version in everything that bears its hash, as if another release of Argo Rollouts had made it. */
const rename = (world: World, from: string, to: string): void => {
  const renamed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(from, to))
  world.rollout = renamed(world.rollout)
  world.replicaSets = renamed(world.replicaSets)
  world.pods = renamed(world.pods)
  world.services = renamed(world.services)
  world.runs = renamed(world.runs)
  world.endpoints = renamed(world.endpoints)
}

/** The objects without anything that only Sluice writes, with hashes that Sluice would not give. */
export const asLeftByArgo = (world: World): void => {
  for (const [i, { metadata }] of world.replicaSets.entries()) rename(world, metadata.name.replace('web-', ''), `5d4f8c7b9${i}`)
  world.replicaSets = world.replicaSets.map(set => {
    const { [WRITTEN_TEMPLATE]: _, [PROVE_AGAIN]: __, ...annotations } = set.metadata.annotations ?? {}
    const { template } = set.spec
    return {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, template: { ...template, spec: { ...DEFAULTED, ...template.spec } } },
    }
  })
  world.log.length = 0
}

/** Names of all pods: the same before and after, where none was restarted. */
export const podsOf = (world: World): readonly string[] => world.pods.map(({ name }) => name).sort()
