import { readSettings, type Settings } from '../../api/annotations.ts'
import { parseDuration } from '../../api/duration.ts'
import { withJsonSpec } from '../../api/json-spec.ts'
import type { Deployment, KubeObject } from '../../api/kubernetes.ts'
import { PREFIX } from '../../api/names.ts'
import { renderProblem } from '../../api/problem.ts'
import type { Rollout } from '../../api/rollout.ts'
import { makeStrategy } from '../../api/strategy.ts'
import { isShare } from '../../api/traffic-weight.ts'
import { simulateRollout } from '../../engine/simulate/rollout/simulate.ts'
import { type Scenario, type Simulated, simulate as simulateUpdate } from '../../engine/simulate/simulate.ts'
import { decodeYaml } from '../../kube/decode-yaml.ts'
import { CliError, type Command, type InputFile, type Session, type Values } from '../command.ts'
import { readManifests } from '../lint/documents.ts'
import { printValue } from '../output/print-object.ts'
import { renderTimeline } from '../output/render-timeline.ts'
import { rolloutScenario } from '../simulate-rollout.ts'
import { parseTarget } from '../target.ts'

/** The planner counts every pod; more would say nothing more. */
const MOST_REPLICAS = 200

type Subject =
  | { readonly kind: 'Deployment'; readonly object: Deployment }
  | { readonly kind: 'Rollout'; readonly object: Rollout }

const isObject = (value: object): value is KubeObject => 'kind' in value && 'metadata' in value

const objectsIn = (files: readonly InputFile[]): readonly KubeObject[] => {
  const manifests = files.map(readManifests)
  const [broken] = manifests.flatMap(({ problems }) => problems)
  if (broken !== undefined) throw new CliError(`${broken.file}:${broken.line}: document ${broken.document}: ${broken.message}`)
  return manifests.flatMap(({ objects }) => objects.map(({ value }) => value)).filter(isObject)
}

const isDeployment = (one: KubeObject): one is Deployment => one.kind === 'Deployment' && 'spec' in one

const isRollout = (one: KubeObject): one is Rollout =>
  one.kind === 'Rollout' && one.apiVersion?.startsWith('argoproj.io/') === true && 'spec' in one

/** One without a strategy is told so by the planner. */
const withStrategy = (rollout: Rollout): Rollout => ({
  ...rollout,
  spec: { ...rollout.spec, strategy: rollout.spec.strategy ?? {} },
})

const isAnnotated = ({ metadata }: KubeObject): boolean =>
  Object.keys(metadata.annotations ?? {}).some(key => key.startsWith(PREFIX))

/** What can be updated: Rollouts, and beside them only Deployments that Sluice updates by itself. */
const subjectsIn = (objects: readonly KubeObject[]): readonly Subject[] => {
  const rollouts = objects.filter(isRollout).map(withStrategy)
  const deployments = objects.filter(isDeployment).filter(one => rollouts.length === 0 || isAnnotated(one))
  return [
    ...deployments.map(object => ({ kind: 'Deployment' as const, object })),
    ...rollouts.map(object => ({ kind: 'Rollout' as const, object })),
  ]
}

/** What is meant: by name, or the only one. */
const choose = (all: readonly Subject[], target: string): Subject => {
  const name = target === '' ? undefined : parseTarget(target)
  const found = all.filter(({ object }) => name === undefined || object.metadata.name === name)
  const [first] = found
  const names = all.map(({ object }) => object.metadata.name).join(', ') || 'none'
  if (first === undefined) throw new CliError(`there is no such Deployment or Rollout in the manifests; theirs are ${names}`)
  if (found.length > 1)
    throw new CliError(
      `there are several Deployments and Rollouts; name one, e.g. simulate ${first.object.metadata.name} -f …; theirs are ${names}`,
    )
  return first
}

const settingsOf = (deployment: Deployment): Settings => {
  const { name } = deployment.metadata
  const read = readSettings(deployment.metadata.annotations)
  if (!read.optedIn)
    throw new CliError(`Deployment ${name} has no annotation sluice.dev/strategy, so Kubernetes alone updates it`)
  if (read.settings === undefined) throw new CliError(read.problems.map(renderProblem).join('; '))
  return read.settings
}

const templatesOf = (settings: Settings): readonly string[] => {
  const { canary } = makeStrategy(settings)
  const analyses = [canary?.analysis, ...(canary?.steps ?? []).map(step => step.analysis)]
  return analyses.flatMap(one => (one?.templates ?? []).map(({ templateName }) => templateName))
}

const parseWeight = (text: string): number => {
  const weight = Number(/^(\d{1,3}(?:\.\d{1,2})?)%?$/.exec(text)?.[1])
  if (!isShare(weight) || weight === 0)
    throw new CliError(
      `--fail-at: ${JSON.stringify(text)} is no weight; it must be a percentage above 0 and up to 100, with at most two decimals, e.g. --fail-at 25`,
    )
  return weight
}

const parseReady = (text: string): number => {
  const ms = parseDuration(text)
  if (ms === undefined || ms < 0)
    throw new CliError(`--ready-after: ${JSON.stringify(text)} is no duration, e.g. --ready-after 20s`)
  return ms
}

const checkReplicas = (replicas: number): void => {
  if (replicas < 1 || replicas > MOST_REPLICAS)
    throw new CliError(`spec.replicas is ${replicas}; 1 to ${MOST_REPLICAS} can be simulated`)
}

type Wish = Pick<Scenario, 'podReadyMs' | 'failAt'>

const simulateDeployment = (written: Deployment, wish: Wish): Simulated => {
  const deployment = withJsonSpec(written, decodeYaml)
  const templates = templatesOf(settingsOf(deployment))
  return simulateUpdate({ deployment, annotations: deployment.metadata.annotations ?? {}, templates, ...wish })
}

const run = async (session: Session, target: string, values: Values): Promise<number> => {
  const { filename, failAt } = values
  if (typeof filename !== 'string')
    throw new CliError('simulate needs a file, a folder or - for standard input, e.g. simulate -f deploy.yaml', 2)
  const objects = objectsIn(await session.readInput(filename))
  const { kind, object } = choose(subjectsIn(objects), target)
  const { name, namespace } = object.metadata
  const { replicas = 1 } = object.spec
  checkReplicas(replicas)
  const wish: Wish = {
    podReadyMs: parseReady(String(values.readyAfter)),
    ...(failAt === undefined ? {} : { failAt: parseWeight(String(failAt)) }),
  }
  const simulated =
    kind === 'Deployment' ? simulateDeployment(object, wish) : simulateRollout(rolloutScenario(object, objects, wish))
  const { terminal, format } = session
  if (format === 'json' || format === 'yaml')
    terminal.write(printValue({ name, ...(namespace && { namespace }), ...simulated }, format))
  else
    terminal.write(`${renderTimeline({ kind, name, replicas, podReadyMs: wish.podReadyMs }, simulated, terminal).join('\n')}\n`)
  return simulated.end === 'stuck' ? 1 : 0
}

export const simulate: Command = {
  name: 'simulate',
  summary: 'show how an update of a manifest would go, by the planner itself, without a cluster',
  argument: '[name]',
  options: [
    { flags: '-f, --filename <path>', description: 'file, folder of them, or - for standard input' },
    { flags: '--fail-at <weight>', description: 'the new version is found bad once it has this share in percent' },
    { flags: '--ready-after <duration>', description: 'how long a pod takes to be ready', default: '5s' },
  ],
  examples: ['simulate -f deploy.yaml', 'simulate -f deploy.yaml --fail-at 25', 'simulate web -f manifests/ --ready-after 40s'],
  run,
}
