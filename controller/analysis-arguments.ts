/** What the arguments of an AnalysisRun stand for that have a `valueFrom`: keys of Secrets in its namespace, fields of the run itself. */
import type { ArgumentValues } from '../analysis/arguments.ts'
import type { AnalysisRun, Argument, Metric } from '../api/analysis-run.ts'
import { readFieldPath } from '../api/field-path.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import { SECRETS } from '../kube/resources.ts'

type Secret = KubeObject & { readonly data?: { readonly [key: string]: string } }

export type ArgumentsRead =
  | {
      readonly values: ArgumentValues
      /** Those of them that must not be shown. */
      readonly secrets: readonly string[]
    }
  /** Waiting does not mend it. */
  | { readonly problem: string }

const NO_RIGHT =
  'the controller has no right to read it; set analysis.readSecrets in the chart, or give it the ClusterRole for that in this namespace'

type Read = { readonly value: string; readonly isSecret?: boolean } | { readonly problem: string }

const readSecret = async (
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  { name, key }: { readonly name: string; readonly key: string },
): Promise<Read> => {
  try {
    const value = (await client.get<Secret>(SECRETS, { namespace, name })).data?.[key]
    if (value === undefined) return { problem: `key '${key}' does not exist in secret '${name}'` }
    return { value: Buffer.from(value, 'base64').toString('utf8'), isSecret: true }
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { problem: `secrets "${name}" not found` }
    if (error instanceof ApiError && error.status === 403) return { problem: `secrets "${name}" cannot be read: ${NO_RIGHT}` }
    // The API server may answer next time.
    throw error
  }
}

const readOne = async (client: Pick<KubeClient, 'get'>, run: AnalysisRun, argument: Argument): Promise<Read> => {
  const { secretKeyRef, fieldRef, podTemplateHashValue } = argument.valueFrom ?? {}
  if (secretKeyRef) return readSecret(client, run.metadata.namespace ?? '', secretKeyRef)
  if (fieldRef) return readFieldPath(run, fieldRef.fieldPath, 'analysisrun')
  return podTemplateHashValue
    ? { problem: `argument "${argument.name}": podTemplateHashValue is known only where a Rollout starts the analysis` }
    : { problem: `argument "${argument.name}": valueFrom is empty, it must have secretKeyRef or fieldRef` }
}

/**
 * Of the arguments that these metrics use, so that a check that is looked at twice a second reads no Secret of another metric. Rejects
 * when the API server does not answer.
 */
export const readArgumentValues = async (
  client: Pick<KubeClient, 'get'>,
  run: AnalysisRun,
  metrics: readonly Pick<Metric, 'name'>[],
): Promise<ArgumentsRead> => {
  const values = new Map<string, string>()
  const secrets: string[] = []
  const names = new Set(metrics.map(({ name }) => name))
  const text = JSON.stringify(run.spec.metrics.filter(({ name }) => names.has(name)))
  const used = (run.spec.args ?? []).filter(({ name, valueFrom }) => valueFrom !== undefined && text.includes(`args.${name}`))
  for (const argument of used) {
    const read = await readOne(client, run, argument)
    if ('problem' in read) return read
    values.set(argument.name, read.value)
    if (read.isSecret) secrets.push(read.value)
  }
  return { values, secrets }
}
