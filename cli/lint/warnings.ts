/** What is right and probably not meant, by kind. Paths start at the object. */
import { readSettings } from '../../api/annotations.ts'
import { stepsWithoutPods } from '../../api/empty-canary.ts'
import type { Labels } from '../../api/kubernetes.ts'
import { PREFIX } from '../../api/names.ts'
import type { Problem } from '../../api/problem.ts'
import type { CanaryStep, RolloutSpec } from '../../api/rollout.ts'
import { makeStrategy } from '../../api/strategy.ts'
import { checkRouting } from '../../engine/rollout/traffic/choose.ts'
import { decodeYaml } from '../../kube/decode-yaml.ts'
import { TRAFFIC_PROVIDERS } from '../../traffic/registry.ts'
import { renderStep } from '../../view/steps.ts'

const inVain = (step: CanaryStep): string =>
  step.setMirrorRoute
    ? 'makes no copies, because the new version has no pod yet'
    : 'sends nothing to the new version, because it has no pod yet'

/** Annotations of a Deployment that can be read. */
export const warnOfSettings = (annotations: Labels): readonly Problem[] => {
  const read = readSettings(annotations, { decodeYaml })
  if (!read.optedIn || !read.settings) return []
  const { spec } = read.settings
  const steps = makeStrategy(read.settings).canary?.steps ?? []
  return stepsWithoutPods(steps).flatMap((index): Problem[] => {
    const step = steps[index]
    if (!step) return []
    const text = renderStep(step)
    return [
      {
        path: `metadata.annotations[${PREFIX}${spec === undefined ? 'steps' : 'spec'}]`,
        message: `step ${index + 1}: ${text} ${inVain(step)}; put a share or a size in front, e.g. scale(1), ${text}`,
      },
    ]
  })
}

/** Traffic that Sluice would not split as it is asked to: another controller may. */
const warnOfTraffic = (spec: RolloutSpec): readonly Problem[] => checkRouting({ spec }, TRAFFIC_PROVIDERS)

export const warnOfRollout = (spec: RolloutSpec): readonly Problem[] => [...warnOfTraffic(spec), ...warnOfSteps(spec)]

/** Where the routers split the traffic. */
const warnOfSteps = ({ strategy: { canary } }: RolloutSpec): readonly Problem[] => {
  const steps = canary?.steps ?? []
  if (canary?.trafficRouting === undefined) return []
  return stepsWithoutPods(steps).flatMap((index): Problem[] => {
    const step = steps[index]
    const message = `${step ? inVain(step) : ''}; put a share or a size in front, e.g. {"setCanaryScale": {"replicas": 1}}`
    return [{ path: `spec.strategy.canary.steps[${index}]`, message }]
  })
}
