/** The page of `sluice get`: what stands where, how it is judged, and the tree of versions, pods and analyses. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Rollout } from '../../api/rollout.ts'
import { stepsInPercent } from '../../api/traffic-weight.ts'
import { phaseOf } from '../../view/phase.ts'
import type { Numbers } from '../../view/read-numbers.ts'
import { isInProgress, namesOfRoles, type RolloutView, type ServiceView, type VersionView } from '../../view/rollout-view.ts'
import { actualWeight, setWeight } from '../../view/set-weight.ts'
import { renderStep } from '../../view/steps.ts'
import { renderNumbers } from './render-numbers.ts'
import { renderTree } from './render-tree.ts'
import { renderState } from './status.ts'
import type { RenderOptions, Style } from './style.ts'
import { wrap } from './table.ts'

const LABEL = 15

const line = (label: string, text: string, { width }: RenderOptions): readonly string[] =>
  wrap(`${`${label}:`.padEnd(LABEL)} ${text}`, width, ' '.repeat(LABEL + 1))

/** Lines of the whole page; `numbers` are what the routers counted, where they were asked. */
export const renderGet = (view: RolloutView, options: RenderOptions, numbers?: Numbers): readonly string[] => {
  const phase = phaseOf(view)
  return [
    ...line('Name', view.name, options),
    ...line('Namespace', view.namespace, options),
    ...line('Status', renderState(phase.word, options.style), options),
    ...(phase.sentence === '' ? [] : line('Message', phase.sentence, options)),
    ...strategyLines(view.rollout, options),
    ...imageLines(view.versions, options),
    ...replicaLines(view, options),
    ...view.services.flatMap((one, i) => line(i === 0 ? 'Services' : '', serviceText(one), options).map(unlabel)),
    ...(isInProgress(view) ? renderNumbers(numbers, view.analysisRuns, options) : []),
    ...view.analysisRuns.flatMap(one => checkLines(one, options)),
    '',
    ...renderTree(view, options),
  ]
}

/** A line without a label has no colon either. */
const unlabel = (text: string): string => (text.startsWith(':') ? ` ${text.slice(1)}` : text)

const strategyLines = (rollout: Rollout | undefined, options: RenderOptions): readonly string[] => {
  const canary = rollout?.spec.strategy.canary
  if (canary === undefined) return rollout?.spec.strategy.blueGreen === undefined ? [] : line('Strategy', 'BlueGreen', options)
  const steps = canary.steps ?? []
  const index = rollout?.status?.currentStepIndex ?? steps.length
  const weights = rollout?.status?.canary?.weights
  return [
    ...line('Strategy', 'Canary', options),
    ...(steps.length === 0 ? [] : line('  Step', `${Math.min(index + 1, steps.length)}/${steps.length}`, options)),
    ...line('  SetWeight', `${setWeight(rollout)}`, options),
    ...(weights === undefined
      ? []
      : line(
          '  ActualWeight',
          `${actualWeight(rollout)}${weights.verified === false ? ' (not confirmed by the routers)' : ''}`,
          options,
        )),
    ...(steps.length === 0 ? [] : line('  Steps', stepTexts(rollout, options.style).join(' '), options)),
  ]
}

/** Every step with what became of it: done, running, still to come. */
const stepTexts = (rollout: Rollout | undefined, style: Style): readonly string[] => {
  const steps = stepsInPercent(rollout?.spec.strategy.canary)
  const index = rollout?.status?.currentStepIndex ?? steps.length
  const aborted = rollout?.status?.abort === true
  return steps.map((step, i) => {
    const text = renderStep(step).replaceAll(' ', '\u00a0')
    if (aborted) return style.dim(`○\u00a0${text}`)
    if (i < index) return style.good(`✔\u00a0${text}`)
    return i === index ? style.busy(`●\u00a0${text}`) : style.dim(`○\u00a0${text}`)
  })
}

const imagesOf = ({ replicaSet }: VersionView): readonly string[] =>
  replicaSet.spec.template.spec.containers.map(one => one.image ?? `${one.name} (no image)`)

/** Images of versions that have pods or a role; each once, with its roles. */
const imageLines = (versions: readonly VersionView[], options: RenderOptions): readonly string[] => {
  const roles = new Map<string, Set<string>>()
  for (const version of versions) {
    if (version.roles.length === 0 && version.pods.length === 0) continue
    for (const image of imagesOf(version)) roles.set(image, new Set([...(roles.get(image) ?? []), ...namesOfRoles(version)]))
  }
  return [...roles].flatMap(([image, names], i) =>
    line(i === 0 ? 'Images' : '', names.size === 0 ? image : `${image} (${[...names].join(', ')})`, options).map(unlabel),
  )
}

const replicaLines = ({ rollout, deployment }: RolloutView, options: RenderOptions): readonly string[] => {
  const status = rollout?.status ?? deployment?.status ?? {}
  const desired = deployment?.spec.replicas ?? rollout?.spec.replicas ?? 1
  const counts = [
    `${desired} desired`,
    `${status.replicas ?? 0} current`,
    `${status.updatedReplicas ?? 0} updated`,
    `${status.readyReplicas ?? 0} ready`,
    `${status.availableReplicas ?? 0} available`,
  ]
  return line('Replicas', counts.join(', '), options)
}

/** Who carries the Service's traffic, and its share. The share is of what goes through the routers. */
const serviceText = ({ service, route }: ServiceView): string => {
  const { name } = service.metadata
  if (route === undefined) return `${name}: native, no router in the path`
  const shares = route.spec.backends.map(one => `${one.role} ${one.weight}%`).join(', ')
  // Once the Service is in proxy mode there is nothing more to say.
  const step = route.status?.message ?? (['proxy', undefined].includes(route.status?.step) ? '' : `at ${route.status?.step}`)
  const mode =
    route.spec.endpoints === 'ready'
      ? 'through the routers'
      : `routers ${route.spec.endpoints === 'none' ? 'not in the path' : 'draining'}`
  return `${name}: ${mode}, ${shares}, route version ${route.spec.version}${step === '' ? '' : `; ${step}`}`
}

/** One line for each metric: its count of verdicts and what the newest measurement says of canary and stable. */
const checkLines = (run: AnalysisRun, options: RenderOptions): readonly string[] =>
  (run.status?.metricResults ?? []).flatMap((result, i) => {
    const last = result.measurements?.at(-1)
    const state = renderState(result.phase === 'Running' ? 'Progressing' : result.phase, options.style, result.name)
    const counts = `✔ ${result.successful ?? 0}  ✖ ${result.failed ?? 0}  ? ${result.inconclusive ?? 0}`
    const said = last?.value ?? last?.message ?? result.message
    return line(i === 0 ? 'Checks' : '', `${state}  ${counts}${said === undefined ? '' : `  ${said}`}`, options).map(unlabel)
  })
