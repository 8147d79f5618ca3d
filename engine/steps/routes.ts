/** Steps that send chosen requests, or copies of them, to the canary. */
import { type StepRunner, untilInForce } from './step.ts'

const without = <T extends { readonly name: string }>(routes: readonly T[], name: string): readonly T[] =>
  routes.filter(route => route.name !== name)

export const setHeaderRoute: StepRunner = {
  describe: step => `setHeaderRoute ${step.setHeaderRoute?.name}`,
  check: ({ setHeaderRoute: wish }) =>
    wish?.match?.some(({ headerValue }) => headerValue.regex !== undefined)
      ? `setHeaderRoute ${wish.name}: regex is not available in this version; use exact or prefix, e.g. {"exact": "yes"}`
      : wish?.name
        ? undefined
        : `setHeaderRoute ${JSON.stringify(wish)} must have a name, e.g. {"name": "testers", "match": [...]}`,
  desire: ({ setHeaderRoute: wish }, before) => {
    if (wish === undefined) return before
    const others = without(before.headerRoutes, wish.name)
    return { ...before, headerRoutes: wish.match?.length ? [...others, wish] : others }
  },
  run: untilInForce,
}

export const setMirrorRoute: StepRunner = {
  describe: step => `setMirrorRoute ${step.setMirrorRoute?.name}`,
  // The routers refuse a Route that mirrors, and an update that waits for them would wait forever.
  check: ({ setMirrorRoute: wish }) =>
    wish?.match?.length
      ? `setMirrorRoute ${wish.name} is not available in this version: the routers do not mirror requests; leave the step out`
      : undefined,
  desire: ({ setMirrorRoute: wish }, before) => {
    if (wish === undefined) return before
    const others = without(before.mirrorRoutes, wish.name)
    return { ...before, mirrorRoutes: wish.match?.length ? [...others, wish] : others }
  },
  run: untilInForce,
}
