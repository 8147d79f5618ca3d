import { type StepRunner, untilInForce } from './step.ts'

const isCount = (value: number | undefined): boolean => value === undefined || (Number.isInteger(value) && value >= 0)

export const setCanaryScale: StepRunner = {
  describe: ({ setCanaryScale: scale }) => {
    if (scale?.matchTrafficWeight) return 'setCanaryScale to the traffic weight'
    return scale?.replicas === undefined ? `setCanaryScale ${scale?.weight}%` : `setCanaryScale ${scale.replicas} pods`
  },
  check: ({ setCanaryScale: scale }) => {
    const given = [scale?.weight, scale?.replicas, scale?.matchTrafficWeight].filter(value => value !== undefined)
    if (given.length === 1 && isCount(scale?.weight) && isCount(scale?.replicas) && (scale?.weight ?? 0) <= 100) return undefined
    return `setCanaryScale ${JSON.stringify(scale)} must be one of weight (0 to 100), replicas (from 0) and matchTrafficWeight: true, e.g. {"weight": 25}`
  },
  desire: ({ setCanaryScale: wish }, before) => {
    const { scale: _, ...rest } = before
    return wish === undefined || wish.matchTrafficWeight ? rest : { ...rest, scale: wish }
  },
  run: untilInForce,
}
