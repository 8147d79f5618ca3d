/** Steps that send chosen requests, or copies of them, to the canary. */
import { compileLinear } from '../../api/regex/linear.ts'
import type { RolloutStringMatch } from '../../api/rollout.ts'
import type { MirrorStep } from '../desired.ts'
import { type StepRunner, untilInForce } from './step.ts'

const without = <T extends { readonly name: string }>(routes: readonly T[], name: string): readonly T[] =>
  routes.filter(route => route.name !== name)

/** What the routers would refuse: an update that waits for them would wait forever. */
const regexProblem = (step: string, values: readonly (RolloutStringMatch | undefined)[]): string | undefined => {
  for (const regex of values.flatMap(value => value?.regex ?? [])) {
    const compiled = compileLinear(regex)
    if ('problem' in compiled) return `${step}: regex ${JSON.stringify(regex)} ${compiled.problem}; e.g. {"regex": "beta-[0-9]+"}`
  }
  return undefined
}

export const setHeaderRoute: StepRunner = {
  describe: step => `setHeaderRoute ${step.setHeaderRoute?.name}`,
  check: ({ setHeaderRoute: wish }) =>
    wish?.name
      ? regexProblem(
          `setHeaderRoute ${wish.name}`,
          (wish.match ?? []).map(({ headerValue }) => headerValue),
        )
      : `setHeaderRoute ${JSON.stringify(wish)} must have a name, e.g. {"name": "testers", "match": [...]}`,
  desire: ({ setHeaderRoute: wish }, before) => {
    if (wish === undefined) return before
    const others = without(before.headerRoutes, wish.name)
    return { ...before, headerRoutes: wish.match?.length ? [...others, wish] : others }
  },
  run: untilInForce,
}

const checkMirrored = ({ name, match = [], percentage = 100 }: MirrorStep): string | undefined => {
  if (!Number.isInteger(percentage) || percentage < 0 || percentage > 100)
    return `setMirrorRoute ${name}: percentage ${percentage} must be a whole number from 0 to 100, e.g. 10`
  const texts = match.flatMap(({ method, path, headers = {} }) => [method, path, ...Object.values(headers)])
  return regexProblem(`setMirrorRoute ${name}`, texts)
}

export const setMirrorRoute: StepRunner = {
  describe: step => `setMirrorRoute ${step.setMirrorRoute?.name}`,
  check: ({ setMirrorRoute: wish }) => {
    if (!wish?.name) return `setMirrorRoute ${JSON.stringify(wish)} must have a name, e.g. {"name": "copies", "match": [...]}`
    return checkMirrored(wish)
  },
  desire: ({ setMirrorRoute: wish }, before) => {
    if (wish === undefined) return before
    const others = without(before.mirrorRoutes, wish.name)
    return { ...before, mirrorRoutes: wish.match?.length ? [...others, wish] : others }
  },
  run: untilInForce,
}
