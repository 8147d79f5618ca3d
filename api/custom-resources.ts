/** Every kind of custom resource that Sluice serves. */
import { ANALYSIS_RUN_RESOURCE, ANALYSIS_TEMPLATE_RESOURCE, CLUSTER_ANALYSIS_TEMPLATE_RESOURCE } from './analysis-run.ts'
import { EXPERIMENT_RESOURCE } from './experiment.ts'
import { ROLLOUT_RESOURCE } from './rollout.ts'
import { ROUTE_RESOURCE } from './route.ts'
import type { CustomResource } from './schema/custom-resource.ts'

export const CUSTOM_RESOURCES: readonly CustomResource[] = [
  ROLLOUT_RESOURCE,
  EXPERIMENT_RESOURCE,
  ANALYSIS_RUN_RESOURCE,
  ANALYSIS_TEMPLATE_RESOURCE,
  CLUSTER_ANALYSIS_TEMPLATE_RESOURCE,
  ROUTE_RESOURCE,
]
