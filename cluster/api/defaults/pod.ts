/** Defaults of pods and pod templates (Kubernetes: pkg/apis/core/v1/defaults.go). */
import { arrayOf, childOf, childrenOf, type Draft, ensureChild, fillIn, textOf } from '../json.ts'

const PROBE = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }

const httpGetDefaults = (handler: Draft | undefined) => {
  const httpGet = childOf(handler, 'httpGet')
  fillIn(httpGet, { path: '/', scheme: 'HTTP' })
}

const pullPolicy = (image: string): string => {
  const name = image.slice(image.lastIndexOf('/') + 1)
  if (image.includes('@')) return 'IfNotPresent'
  const tag = name.split(':')[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

/** In a pod (not in a template) what is limited is requested, too. */
const requestLimits = (container: Draft) => {
  const resources = childOf(container, 'resources')
  const limits = childOf(resources, 'limits')
  if (resources && limits) fillIn(ensureChild(resources, 'requests'), limits)
}

const envDefaults = (container: Draft) => {
  for (const variable of childrenOf(container, 'env')) {
    const fieldRef = childOf(childOf(variable, 'valueFrom'), 'fieldRef')
    fillIn(fieldRef, { apiVersion: 'v1' })
  }
}

const containerDefaults = (container: Draft) => {
  fillIn(container, {
    imagePullPolicy: pullPolicy(textOf(container['image'])),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  })
  envDefaults(container)
  for (const port of childrenOf(container, 'ports')) fillIn(port, { protocol: 'TCP' })
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = childOf(container, name)
    fillIn(probe, PROBE)
    httpGetDefaults(probe)
    fillIn(childOf(probe, 'grpc'), { service: '' })
  }
  const lifecycle = childOf(container, 'lifecycle')
  httpGetDefaults(childOf(lifecycle, 'preStop'))
  httpGetDefaults(childOf(lifecycle, 'postStart'))
}

const SOURCES = ['secret', 'configMap', 'downwardAPI', 'projected']

const volumeDefaults = (volume: Draft) => {
  // A volume without a source is an empty directory.
  if (Object.keys(volume).every(field => field === 'name')) volume['emptyDir'] = {}
  for (const source of SOURCES) fillIn(childOf(volume, source), { defaultMode: 420 })
  fillIn(childOf(volume, 'hostPath'), { type: '' })
  for (const item of childrenOf(childOf(volume, 'projected'), 'sources'))
    fillIn(childOf(item, 'serviceAccountToken'), { expirationSeconds: 3600 })
  for (const item of childrenOf(childOf(volume, 'downwardAPI'), 'items')) fillIn(childOf(item, 'fieldRef'), { apiVersion: 'v1' })
}

/** Defaults of a pod's spec, in a template or in a pod. */
export const podSpecDefaults = (spec: Draft | undefined): void => {
  if (!spec) return
  fillIn(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  })
  // The old name of the field stays in step with the new one.
  const account = textOf(spec['serviceAccountName']) || textOf(spec['serviceAccount'])
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account })
  for (const container of [...childrenOf(spec, 'containers'), ...childrenOf(spec, 'initContainers')]) containerDefaults(container)
  for (const volume of childrenOf(spec, 'volumes')) volumeDefaults(volume)
}

const TOLERATIONS = ['not-ready', 'unreachable'].map(condition => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}))

/** Defaults of a pod; `enableServiceLinks` and what the admission plugins of a usual cluster add are a pod's only, not a template's. */
export const podDefaults = (pod: Draft): void => {
  const spec = childOf(pod, 'spec')
  if (!spec) return
  podSpecDefaults(spec)
  for (const container of [...childrenOf(spec, 'containers'), ...childrenOf(spec, 'initContainers')]) requestLimits(container)
  fillIn(spec, {
    enableServiceLinks: true,
    serviceAccountName: 'default',
    serviceAccount: spec['serviceAccountName'] ?? 'default',
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
  })
  const tolerations = childrenOf(spec, 'tolerations')
  const missing = TOLERATIONS.filter(
    ({ key }) =>
      !tolerations.some(
        toleration =>
          !toleration['key'] || (toleration['key'] === key && (!toleration['effect'] || toleration['effect'] === 'NoExecute')),
      ),
  )
  if (missing.length > 0)
    spec['tolerations'] = [...arrayOf(spec['tolerations']), ...missing.map(toleration => ({ ...toleration }))]
}
