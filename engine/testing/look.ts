/** Short looks at the world, by image: what a person would ask. */
import { POD_TEMPLATE_HASH } from '../../api/names.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import { isHealthy, run, runUntil } from '../simulate/drive.ts'
import { bump, makeWorld, podsOf, type World, type WorldOptions } from '../simulate/world.ts'

/** A world whose first version Kubernetes has rolled out. */
export const atRest = (options?: WorldOptions): World => {
  const world = makeWorld(options)
  runUntil(world, isHealthy, 60)
  run(world, 2)
  return world
}

const imageOf = (world: World, hash: string | undefined): string => {
  const rs = world.replicaSets.find(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH] === hash)
  return rs?.spec.template.spec.containers[0]?.image ?? `${hash}`
}

export const stableImage = (world: World): string => imageOf(world, world.rollout?.status?.stableRS)

/** Pods that are not stopping, by image. */
export const podsByImage = (world: World): { [image: string]: number } => {
  const counts: { [image: string]: number } = {}
  for (const { metadata } of world.replicaSets) {
    const pods = podsOf(world, metadata.name).filter(({ goneAt }) => goneAt === undefined).length
    const image = imageOf(world, metadata.labels?.[POD_TEMPLATE_HASH])
    if (pods > 0) counts[image] = (counts[image] ?? 0) + pods
  }
  return counts
}

/** Shares of the first Route, by image; only those above 0. */
export const weightsByImage = (world: World): { [image: string]: number } =>
  Object.fromEntries(
    (world.routes[0]?.spec.backends ?? [])
      .filter(({ weight }) => weight > 0)
      .map(({ hash, weight }) => [imageOf(world, hash), weight]),
  )

/** What the tools of Argo Rollouts write into the status. */
export const patchStatus = (world: World, patch: Partial<RolloutStatus>): void => {
  if (world.rollout) world.rollout = bump(world, { ...world.rollout, status: { ...world.rollout.status, ...patch } })
}
