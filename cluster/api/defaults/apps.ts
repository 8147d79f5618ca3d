/** Defaults of workloads (Kubernetes: pkg/apis/apps/v1/defaults.go). */
import { at, childOf, type Draft, ensureChild, fillIn, isObject } from '../json.ts'
import { podSpecDefaults } from './pod.ts'

const templateDefaults = (spec: Draft) => podSpecDefaults(childOf(childOf(spec, 'template'), 'spec'))

const dropZero = (draft: Draft, field: string, zero: unknown) => {
  if (draft[field] === zero) delete draft[field]
}

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
  // A typed server leaves these out when they are zero.
  dropZero(spec, 'paused', false)
  dropZero(spec, 'minReadySeconds', 0)
  templateDefaults(spec)
}

/** A ReplicaSet without labels takes those of its template. */
const labelsFromTemplate = (set: Draft, spec: Draft) => {
  const labels = at(spec, 'template', 'metadata', 'labels')
  const metadata = ensureChild(set, 'metadata')
  if (isObject(labels) && !isObject(metadata['labels'])) metadata['labels'] = { ...labels }
}

export const replicaSetDefaults = (set: Draft): void => {
  const spec = childOf(set, 'spec')
  if (!spec) return
  fillIn(spec, { replicas: 1 })
  labelsFromTemplate(set, spec)
  dropZero(spec, 'minReadySeconds', 0)
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
