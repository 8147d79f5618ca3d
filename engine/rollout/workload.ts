/** The pod template (and selector) of a Rollout that takes them from another workload: `spec.workloadRef`. */
import type { Rollout, RolloutSpec } from '../../api/rollout.ts'
import type { RolloutIntent } from './intents.ts'
import { WORKLOAD_GENERATION } from './names.ts'
import type { RolloutSeen, WorkloadSeen } from './seen.ts'
import { forbidden, invalid, type Violation } from './validate/violation.ts'

type Ref = NonNullable<RolloutSpec['workloadRef']>

const SOURCES: { readonly [groupAndKind: string]: string } = {
  'apps/Deployment': 'deployments.apps',
  'apps/ReplicaSet': 'replicasets.apps',
  '/PodTemplate': 'podtemplates',
}

const groupOf = ({ apiVersion }: Ref): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '')

/** How the API server calls the kind, e.g. `deployments.apps`; undefined for one that no template is taken from. */
export const sourceOf = (ref: Ref): string | undefined => SOURCES[`${groupOf(ref)}/${ref.kind}`]

const PATH = 'spec.workloadRef'

const checkRef = (ref: Ref, workload: WorkloadSeen | undefined): Violation | undefined => {
  const source = sourceOf(ref)
  if (source === undefined) {
    const detail = `workload of type ${groupOf(ref)}/${ref.kind} is not supported; a Deployment or ReplicaSet of apps/v1 is, or a PodTemplate of v1`
    return invalid(PATH, `${ref.apiVersion} ${ref.kind}`, detail)
  }
  const { scaleDown = 'never' } = ref
  if (scaleDown !== 'never' && ref.kind !== 'Deployment')
    return invalid(`${PATH}.scaleDown`, scaleDown, `only a Deployment can be scaled down; say never for a ${ref.kind}`)
  if (workload === undefined) return invalid(`${PATH}.name`, ref.name, `${source} "${ref.name}" not found`)
  const mark = workload.marks.find(key => key.endsWith('/strategy')) ?? workload.marks[0]
  return mark === undefined
    ? undefined
    : forbidden(
        `${PATH}.name`,
        `Deployment ${ref.name} has the annotation ${mark}, by which Sluice updates it without this Rollout; remove the Deployment's annotations of Sluice, or delete the Rollout`,
      )
}

/**
 * The Rollout as if template and selector were its own; a selector that it has stays. Or what is wrong with the reference. One with a
 * template of its own as well is left as it is, and found wrong as a whole.
 */
export const resolveWorkload = ({
  rollout,
  workload,
}: Pick<RolloutSeen, 'rollout' | 'workload'>): { readonly rollout: Rollout; readonly violation?: Violation } => {
  const { workloadRef, ...spec } = rollout.spec
  if (workloadRef === undefined || spec.template !== undefined) return { rollout }
  const violation = checkRef(workloadRef, workload)
  if (violation !== undefined || workload === undefined) return { rollout, ...(violation && { violation }) }
  const selector = spec.selector ?? workload.selector
  return { rollout: { ...rollout, spec: { ...spec, ...(selector && { selector }), template: workload.template } } }
}

/** The generation that this look is about stands on the Rollout, where tools compare it with the status; it goes with the reference. */
export const noteGeneration = ({ rollout, workload }: RolloutSeen): readonly RolloutIntent[] => {
  const before = rollout.metadata.annotations?.[WORKLOAD_GENERATION]
  const generation = rollout.spec.workloadRef === undefined ? undefined : workload?.generation
  const wanted = generation === undefined ? undefined : String(generation)
  if (before === wanted) return []
  const patch = { metadata: { annotations: { [WORKLOAD_GENERATION]: wanted ?? null } } }
  return [{ kind: 'patchRollout', patch, why: 'the generation of the workload that the template is from' }]
}
