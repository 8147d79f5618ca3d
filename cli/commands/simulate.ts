import { readSettings, type Settings } from '../../api/annotations.ts'
import { parseDuration } from '../../api/duration.ts'
import { withJsonSpec } from '../../api/json-spec.ts'
import type { Deployment } from '../../api/kubernetes.ts'
import { renderProblem } from '../../api/problem.ts'
import { makeStrategy } from '../../api/strategy.ts'
import { type Scenario, simulate as simulateUpdate } from '../../engine/simulate/simulate.ts'
import { decodeYaml } from '../../kube/decode-yaml.ts'
import { CliError, type Command, type InputFile, type Session, type Values } from '../command.ts'
import { readManifests } from '../lint/documents.ts'
import { printValue } from '../output/print-object.ts'
import { renderTimeline } from '../output/render-timeline.ts'
import { parseTarget } from '../target.ts'

/** The planner counts every pod; more would say nothing more. */
const MOST_REPLICAS = 200

const isDeployment = (value: object): value is Deployment =>
  'kind' in value && value.kind === 'Deployment' && 'spec' in value && 'metadata' in value

const deploymentsIn = (files: readonly InputFile[]): readonly Deployment[] => {
  const manifests = files.map(readManifests)
  const [broken] = manifests.flatMap(({ problems }) => problems)
  if (broken !== undefined) throw new CliError(`${broken.file}:${broken.line}: document ${broken.document}: ${broken.message}`)
  return manifests.flatMap(({ objects }) => objects.map(({ value }) => value)).filter(isDeployment)
}

/** The Deployment that is meant: by name, or the only one. */
const choose = (all: readonly Deployment[], target: string): Deployment => {
  const name = target === '' ? undefined : parseTarget(target)
  const found = all.filter(({ metadata }) => name === undefined || metadata.name === name)
  const [first] = found
  const names = all.map(({ metadata }) => metadata.name).join(', ') || 'none'
  if (first === undefined) throw new CliError(`there is no such Deployment in the manifests; theirs are ${names}`)
  if (found.length > 1)
    throw new CliError(`there are several Deployments; name one, e.g. simulate ${first.metadata.name} -f …; theirs are ${names}`)
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
  const [, digits = ''] = /^(\d{1,3})%?$/.exec(text) ?? []
  const weight = Number(digits)
  if (digits === '' || weight < 1 || weight > 100)
    throw new CliError(
      `--fail-at: ${JSON.stringify(text)} is no weight; it must be a whole percentage from 1 to 100, e.g. --fail-at 25`,
    )
  return weight
}

const parseReady = (text: string): number => {
  const ms = parseDuration(text)
  if (ms === undefined || ms < 0)
    throw new CliError(`--ready-after: ${JSON.stringify(text)} is no duration, e.g. --ready-after 20s`)
  return ms
}

const scenarioOf = (written: Deployment, values: Values): Scenario => {
  const deployment = withJsonSpec(written, decodeYaml)
  const settings = settingsOf(deployment)
  const { replicas = 1 } = deployment.spec
  if (replicas < 1 || replicas > MOST_REPLICAS)
    throw new CliError(`spec.replicas is ${replicas}; 1 to ${MOST_REPLICAS} can be simulated`)
  const { failAt } = values
  return {
    deployment,
    annotations: deployment.metadata.annotations ?? {},
    podReadyMs: parseReady(String(values.readyAfter)),
    templates: templatesOf(settings),
    ...(failAt === undefined ? {} : { failAt: parseWeight(String(failAt)) }),
  }
}

const run = async (session: Session, target: string, values: Values): Promise<number> => {
  const { filename } = values
  if (typeof filename !== 'string')
    throw new CliError('simulate needs a file, a folder or - for standard input, e.g. simulate -f deploy.yaml', 2)
  const scenario = scenarioOf(choose(deploymentsIn(await session.readInput(filename)), target), values)
  const simulated = simulateUpdate(scenario)
  const { terminal, format } = session
  const { name, namespace } = scenario.deployment.metadata
  if (format === 'json' || format === 'yaml')
    terminal.write(printValue({ name, ...(namespace && { namespace }), ...simulated }, format))
  else terminal.write(`${renderTimeline(scenario, simulated, terminal).join('\n')}\n`)
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
