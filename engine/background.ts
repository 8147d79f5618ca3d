/** The background analysis of an update. */
import { backgroundWish, createRun, pointerTo } from './analysis.ts'
import type { Goal } from './goal.ts'
import type { Progress } from './progress.ts'
import type { Situation } from './situation.ts'
import type { Walk } from './walk.ts'

/** The background run starts with the first share of traffic. */
export const startBackground = (situation: Situation, goal: Goal, progress: Progress): Walk => {
  const { context, split, judged, traffic } = situation
  const wish = backgroundWish(context, split)
  const { current } = context.versions
  const hasTraffic = split === 'count' ? current.available > 0 : (traffic.least[current.hash] ?? 0) > 0 && traffic.acknowledged
  const isDue = progress.index >= (context.strategy.analysis?.startingStep ?? 0)
  if (goal !== 'advance' || progress.promoteFull || wish === undefined || judged.run || !hasTraffic || !isDue)
    return { progress, intents: [] }
  const made = createRun(context, wish)
  if ('waiting' in made) return { progress, intents: [], waiting: made.waiting }
  return {
    progress: { ...progress, backgroundRun: pointerTo(made.run) },
    intents: [{ kind: 'createAnalysisRun', run: made.run }],
  }
}
