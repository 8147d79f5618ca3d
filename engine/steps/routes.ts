/** Steps that send chosen requests, or copies of them, to the canary. */
import { type StepRunner, untilInForce } from './step.ts'

const without = <T extends { readonly name: string }>(routes: readonly T[], name: string): readonly T[] =>
  routes.filter(route => route.name !== name)

export const setHeaderRoute: StepRunner = {
  describe: step => `setHeaderRoute ${step.setHeaderRoute?.name}`,
  check: ({ setHeaderRoute: wish }) =>
    wish?.name ? undefined : `setHeaderRoute ${JSON.stringify(wish)} must have a name, e.g. {"name": "testers", "match": [...]}`,
  desire: ({ setHeaderRoute: wish }, before) => {
    if (wish === undefined) return before
    const others = without(before.headerRoutes, wish.name)
    return { ...before, headerRoutes: wish.match?.length ? [...others, wish] : others }
  },
  run: untilInForce,
}

export const setMirrorRoute: StepRunner = {
  describe: step => `setMirrorRoute ${step.setMirrorRoute?.name}`,
  check: ({ setMirrorRoute: wish }) => {
    if (!wish?.name) return `setMirrorRoute ${JSON.stringify(wish)} must have a name, e.g. {"name": "mirror", "percentage": 10}`
    const { percentage = 100 } = wish
    return Number.isInteger(percentage) && percentage >= 0 && percentage <= 100
      ? undefined
      : `setMirrorRoute percentage ${percentage} must be a whole number from 0 to 100, e.g. 10`
  },
  desire: ({ setMirrorRoute: wish }, before) => {
    if (wish === undefined) return before
    const others = without(before.mirrorRoutes, wish.name)
    return { ...before, mirrorRoutes: wish.match?.length ? [...others, wish] : others }
  },
  run: untilInForce,
}
