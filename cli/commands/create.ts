import { randomBytes } from 'node:crypto'
import type { AnalysisTemplate } from '../../api/analysis-run.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import type { Resource } from '../../kube/client.ts'
import { ANALYSIS_RUNS, ANALYSIS_TEMPLATES, CLUSTER_ANALYSIS_TEMPLATES, EXPERIMENTS, ROLLOUTS } from '../../kube/resources.ts'
import { readObject } from '../../view/read-objects.ts'
import { CliError, type Command, type InputFile, type Session, type Values } from '../command.ts'
import { readManifests } from '../lint/documents.ts'
import { lintFiles, renderProblemLine } from '../lint/lint.ts'
import { makeAnalysisRun } from '../make-analysis-run.ts'
import { follow } from './get.ts'

const KINDS: readonly Resource[] = [ROLLOUTS, ANALYSIS_TEMPLATES, CLUSTER_ANALYSIS_TEMPLATES, ANALYSIS_RUNS, EXPERIMENTS]

const isObject = (value: object): value is KubeObject => 'kind' in value && 'metadata' in value

/** What is in the files; nothing is made when anything in them is wrong. */
const objectsIn = (files: readonly InputFile[]): readonly KubeObject[] => {
  const { problems } = lintFiles(files)
  if (problems.length > 0) throw new CliError(problems.map(one => renderProblemLine(one)).join('; '))
  return files.flatMap(file => readManifests(file).objects.map(({ value }) => value)).filter(isObject)
}

const createObject = async (session: Session, object: KubeObject): Promise<void> => {
  const resource = KINDS.find(({ kind }) => kind === object.kind)
  if (resource === undefined)
    throw new CliError(
      `${object.kind} ${object.metadata.name} is not made here; create makes ${KINDS.map(({ kind }) => kind).join(', ')}; for others there is kubectl create`,
    )
  const { client, namespace } = await session.cluster()
  const placed = resource.namespaced ? { ...object, metadata: { namespace, ...object.metadata } } : object
  await client.create(resource, placed)
  session.terminal.write(`${object.kind} ${object.metadata.name} is there\n`)
}

const textOf = (value: Values[string]): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const readTemplate = async (session: Session, values: Values): Promise<AnalysisTemplate> => {
  const file = textOf(values.fromFile)
  const from = textOf(values.from)
  if ((file === undefined) === (from === undefined))
    throw new CliError(
      'create analysisrun takes one of --from TEMPLATE and --from-file FILE, e.g. create analysisrun --from smoke -a service=web',
      2,
    )
  if (file !== undefined) {
    const found = objectsIn(await session.readInput(file)).find(({ kind }) => kind.endsWith('AnalysisTemplate'))
    if (found === undefined) throw new CliError(`${file}: has no AnalysisTemplate`)
    return found as AnalysisTemplate
  }
  const name = from?.replace(/^(cluster)?analysistemplates?\//i, '') ?? ''
  const { client, namespace } = await session.cluster()
  const resource = values.global === true ? CLUSTER_ANALYSIS_TEMPLATES : ANALYSIS_TEMPLATES
  const found = await readObject<AnalysisTemplate>(client, resource, values.global === true ? '' : namespace, name)
  if (found === undefined)
    throw new CliError(
      `there is no ${resource.kind} ${name}${values.global === true ? '' : ` in namespace ${namespace}; --global looks for a ClusterAnalysisTemplate`}`,
    )
  return found
}

const nameOf = (template: AnalysisTemplate, values: Values): string => {
  const prefix = textOf(values.generateName) ?? `${template.metadata.name}-`
  return textOf(values.name) ?? `${prefix}${randomBytes(3).toString('hex')}`
}

const createRun = async (session: Session, values: Values): Promise<number> => {
  const template = await readTemplate(session, values)
  const { namespace } = await session.cluster()
  const args = Array.isArray(values.argument) ? values.argument.map(String) : []
  const instanceId = textOf(values.instanceId)
  const made = makeAnalysisRun(template, { namespace, name: nameOf(template, values), args, ...(instanceId && { instanceId }) })
  if ('refused' in made) throw new CliError(made.refused)
  await createObject(session, made.run)
  return 0
}

const run = async (session: Session, target: string, values: Values): Promise<number> => {
  if (['analysisrun', 'ar'].includes(target)) return createRun(session, values)
  const filename = textOf(values.filename)
  if (target !== '' || filename === undefined)
    throw new CliError('create takes -f FILE, or analysisrun --from TEMPLATE, e.g. create -f rollout.yaml', 2)
  const objects = objectsIn(await session.readInput(filename))
  for (const object of objects) await createObject(session, object)
  const rollout = objects.find(({ kind }) => kind === ROLLOUTS.kind)
  if (values.watch === true && rollout !== undefined) await follow(session, rollout.metadata.name)
  return 0
}

export const create: Command = {
  name: 'create',
  summary: 'make Rollouts, templates, AnalysisRuns and Experiments from a file, or an AnalysisRun from a template',
  argument: '[analysisrun]',
  takes: 'words',
  options: [
    { flags: '-f, --filename <path>', description: 'file, folder of them, or - for standard input' },
    { flags: '-w, --watch', description: 'follow the Rollout that was made until Ctrl-C' },
    { flags: '--from <template>', description: 'AnalysisTemplate of the run' },
    { flags: '--from-file <path>', description: 'file with the template of the run' },
    { flags: '--global', description: '--from is a ClusterAnalysisTemplate' },
    { flags: '--name <name>', description: 'name of the run' },
    { flags: '--generate-name <prefix>', description: 'what a made-up name begins with' },
    { flags: '--instance-id <id>', description: 'of the controller that is to take the run (Sluice)' },
    { flags: '-a, --argument <name=value...>', description: 'an argument of the run' },
  ],
  examples: ['create -f rollout.yaml', 'create analysisrun --from smoke -a service=web'],
  run,
}
