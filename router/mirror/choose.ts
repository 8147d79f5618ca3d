/** Which requests are copied, and for which version. Pure but for the turns, which are the caller's. */
import { MIRROR_HEADER } from '../../api/names.ts'
import type { MirrorRoute } from '../../api/route.ts'
import { type CompiledRoute, compileHeaderRoutes, type RequestHead } from '../match.ts'
import { chooseWeighted, newWeightState, type WeightState } from '../pick.ts'

export type CompiledMirror = CompiledRoute & { readonly name: string; readonly percent: number }

/** What each mirror route has had of its share, by its name; one object for each Route. */
export type MirrorTurns = Map<string, WeightState>

export const compileMirrorRoutes = (routes: readonly MirrorRoute[] = []): readonly CompiledMirror[] => {
  const compiled = compileHeaderRoutes(routes)
  return routes.flatMap(({ name, percent }, i) => {
    const route = compiled[i]
    return route ? [{ ...route, name, percent }] : []
  })
}

/**
 * The hash of the version that gets a copy of the request, which itself goes to the version `taker`; undefined: no copy is due.
 * The first mirror route that matches decides. What goes to the version itself is not copied to it and takes no turn, and a
 * copy is never copied again. Exact as weights are: 10 percent are 10 of any 100 such requests in a row.
 */
export const chooseMirror = (
  routes: readonly CompiledMirror[],
  request: RequestHead,
  { taker, turns }: { readonly taker: string; readonly turns: MirrorTurns },
): string | undefined => {
  if (request.headers[MIRROR_HEADER] !== undefined) return undefined
  const route = routes.find(({ hash, matches }) => hash !== taker && matches(request))
  if (!route) return undefined
  const turn = turns.get(route.name) ?? newWeightState()
  turns.set(route.name, turn)
  return chooseWeighted(turn, [route.percent, 100 - route.percent]) === 0 ? route.hash : undefined
}
