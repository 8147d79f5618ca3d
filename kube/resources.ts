/** The kinds of objects that Sluice reads or writes, as the API serves them. */
import type { Resource } from './client.ts'

const resource = (group: string, version: string, plural: string, kind: string, namespaced = true): Resource =>
  Object.freeze({ group, version, plural, kind, namespaced })

export const DEPLOYMENTS = resource('apps', 'v1', 'deployments', 'Deployment')
export const REPLICA_SETS = resource('apps', 'v1', 'replicasets', 'ReplicaSet')
export const POD_TEMPLATES = resource('', 'v1', 'podtemplates', 'PodTemplate')
export const PODS = resource('', 'v1', 'pods', 'Pod')
export const SERVICES = resource('', 'v1', 'services', 'Service')
export const ENDPOINTS = resource('', 'v1', 'endpoints', 'Endpoints')
export const ENDPOINT_SLICES = resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice')
export const NAMESPACES = resource('', 'v1', 'namespaces', 'Namespace', false)
export const NODES = resource('', 'v1', 'nodes', 'Node', false)
export const SECRETS = resource('', 'v1', 'secrets', 'Secret')
export const CONFIG_MAPS = resource('', 'v1', 'configmaps', 'ConfigMap')
export const SERVICE_ACCOUNTS = resource('', 'v1', 'serviceaccounts', 'ServiceAccount')
export const EVENTS = resource('', 'v1', 'events', 'Event')
export const JOBS = resource('batch', 'v1', 'jobs', 'Job')
export const LEASES = resource('coordination.k8s.io', 'v1', 'leases', 'Lease')
export const CRDS = resource('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', false)
export const MUTATING_WEBHOOKS = resource(
  'admissionregistration.k8s.io',
  'v1',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
  false,
)
export const ROLLOUTS = resource('argoproj.io', 'v1alpha1', 'rollouts', 'Rollout')
export const ANALYSIS_RUNS = resource('argoproj.io', 'v1alpha1', 'analysisruns', 'AnalysisRun')
export const ANALYSIS_TEMPLATES = resource('argoproj.io', 'v1alpha1', 'analysistemplates', 'AnalysisTemplate')
export const CLUSTER_ANALYSIS_TEMPLATES = resource(
  'argoproj.io',
  'v1alpha1',
  'clusteranalysistemplates',
  'ClusterAnalysisTemplate',
  false,
)
export const EXPERIMENTS = resource('argoproj.io', 'v1alpha1', 'experiments', 'Experiment')
export const ROUTES = resource('sluice.dev', 'v1alpha1', 'routes', 'Route')
export const NETWORK_POLICIES = resource('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy')
/** Served only where Istio is installed. */
export const PEER_AUTHENTICATIONS = resource('security.istio.io', 'v1', 'peerauthentications', 'PeerAuthentication')
