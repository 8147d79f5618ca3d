/** Defaults of workloads (Kubernetes: pkg/apis/apps/v1/defaults.go). */
import { childOf, type Draft, ensureChild, fillIn, isObject } from '../json.ts'
import { podSpecDefaults } from './pod.ts'

const templateDefaults = (spec: Draft) => podSpecDefaults(childOf(childOf(spec, 'template'), 'spec'))

export const deploymentDefaults = (deployment: Draft): void => {
  const spec = childOf(deployment, 'spec')
  if (!spec) return
  fillIn(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
  const strategy = ensureChild(spec, 'strategy')
  fillIn(strategy, { type: 'RollingUpdate' })
  if (strategy['type'] === 'RollingUpdate') {
    if (!isObject(strategy['rollingUpdate'])) strategy['rollingUpdate'] = {}
    fillIn(childOf(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' })
  }
  templateDefaults(spec)
}

export const replicaSetDefaults = (set: Draft): void => {
  const spec = childOf(set, 'spec')
  if (!spec) return
  fillIn(spec, { replicas: 1 })
  templateDefaults(spec)
}

export const statefulSetDefaults = (set: Draft): void => {
  const spec = childOf(set, 'spec')
  if (!spec) return
  fillIn(spec, {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate' },
  })
  fillIn(spec, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } })
  const strategy = childOf(spec, 'updateStrategy')
  if (strategy?.['type'] === 'RollingUpdate') fillIn(ensureChild(strategy, 'rollingUpdate'), { partition: 0 })
  templateDefaults(spec)
}

export const daemonSetDefaults = (set: Draft): void => {
  const spec = childOf(set, 'spec')
  if (!spec) return
  fillIn(spec, { revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate' } })
  const strategy = childOf(spec, 'updateStrategy')
  if (strategy?.['type'] === 'RollingUpdate') fillIn(ensureChild(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 })
  templateDefaults(spec)
}

export const jobDefaults = (job: Draft): void => {
  const spec = childOf(job, 'spec')
  if (!spec) return
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1
  fillIn(spec, {
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  })
  templateDefaults(spec)
}

export const cronJobDefaults = (job: Draft): void => {
  const spec = childOf(job, 'spec')
  fillIn(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })
  const jobSpec = childOf(childOf(spec, 'jobTemplate'), 'spec')
  if (jobSpec) templateDefaults(jobSpec)
}
