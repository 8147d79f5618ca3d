/**
 * No router is left while a Service leads to the routers. Service proxies then send to the stable pods directly (the fail-open slice), the
 * version under test gets nothing, and no weight is in force: people have to know.
 */
import type { Context } from './context.ts'
import type { Intent } from './intents.ts'
import { isInPath } from './split.ts'
import type { Waiting } from './waiting.ts'

/** Sidecars are gone only with the pods that they are in. */
const areGone = ({ fronting, placement, seen }: Context): boolean =>
  placement !== 'sidecar' && fronting.some(isInPath) && !seen.routers.some(router => router.ready)

const wasTold = ({ status }: Context): boolean =>
  status.conditions?.find(({ type }) => type === 'Waiting')?.reason === 'RoutersUnavailable'

export const routersGoneWait = (context: Context): readonly Waiting[] =>
  areGone(context)
    ? [
        {
          reason: 'RoutersUnavailable',
          what: 'No router is ready, all traffic goes to the pods of the stable version directly',
          ends: 'ends when a router is ready, or with an abort',
        },
      ]
    : []

/** One when the last router went and one when the first is back. */
export const routersGoneEvents = (context: Context): readonly Intent[] => {
  const [gone] = routersGoneWait(context)
  const told = wasTold(context)
  if (gone !== undefined && !told) return [{ kind: 'event', type: 'Warning', reason: 'RoutersUnavailable', message: gone.what }]
  if (gone !== undefined || !told) return []
  return [{ kind: 'event', type: 'Normal', reason: 'RoutersAvailable', message: 'Routers are ready again and carry the traffic' }]
}
