/** Reads Experiments and AnalysisRuns of their own, as far as the person may. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { isApiError } from '../../kube/errors.ts'
import { ANALYSIS_RUNS, EXPERIMENTS } from '../../kube/resources.ts'
import { readExperimentView, readList, readObject } from '../../view/read-objects.ts'
import { UserError } from '../../view/user-error.ts'
import type { ExperimentState, RunState, Runs } from '../contract.ts'
import { makeExperiment, makeRun, makeRunRows } from '../model/experiments.ts'
import { missingSentence, tolerant } from './read-detail.ts'

type Where = { readonly namespace: string; readonly name: string }

/** `namespaces` undefined: all of the cluster. */
export const readRuns = async (client: KubeClient, namespaces: readonly string[] | undefined): Promise<Runs> => {
  const refused = new Set<string>()
  const read = async <T extends KubeObject>(resource: Resource): Promise<readonly T[]> => {
    const lists = (namespaces ?? [undefined]).map(async namespace => {
      try {
        return await readList<T>(client, resource, namespace === undefined ? {} : { namespace })
      } catch (error) {
        if (!isApiError(error) || error.status !== 403) throw error
        refused.add(
          namespace === undefined
            ? `You may not see ${resource.plural} in all namespaces, so they are left out.`
            : missingSentence(resource.plural, namespace),
        )
        return []
      }
    })
    return (await Promise.all(lists)).flat()
  }
  const [experiments, runs] = await Promise.all([read<Experiment>(EXPERIMENTS), read<AnalysisRun>(ANALYSIS_RUNS)])
  return { rows: makeRunRows(experiments, runs), missing: [...refused] }
}

const notThere = (kind: string, { namespace, name }: Where): UserError =>
  new UserError(`there is no ${kind} ${name} in namespace ${namespace}`)

/** Pods, ReplicaSets and AnalysisRuns that may not be read are as if they were not there. */
export const readExperiment = async (client: KubeClient, where: Where, now: number): Promise<ExperimentState> => {
  // Of the Experiment itself one is told.
  await client.get<Experiment>(EXPERIMENTS, where)
  const view = await readExperimentView(tolerant(client, new Set()), where.namespace, where.name)
  if (view === undefined) throw notThere('Experiment', where)
  return makeExperiment(view, now)
}

export const readRun = async (client: KubeClient, where: Where, now: number): Promise<RunState> => {
  const run = await readObject<AnalysisRun>(client, ANALYSIS_RUNS, where.namespace, where.name)
  if (run === undefined) throw notThere('AnalysisRun', where)
  return makeRun(run, now)
}
