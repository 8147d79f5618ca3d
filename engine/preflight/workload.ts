/** The Deployment itself: who else sizes it, and what its pods ask of their nodes. */
import type { PodTemplate } from '../../api/kubernetes.ts'
import type { Finding, Front } from './finding.ts'
import type { Surroundings } from './surroundings.ts'
import { OF_DEPLOYMENT } from './way-out.ts'

type Workload = Pick<Front, 'template' | 'wayOut'>

const rivalFindings = ({ wayOut = OF_DEPLOYMENT }: Workload, { rivals }: Surroundings): readonly Finding[] =>
  rivals.map(name => ({
    severity: 'no',
    text: `Rollout ${name} refers to ${wayOut.workload} with workloadRef, so that Argo Rollouts sizes it as well; delete that Rollout, or remove sluice.dev/strategy`,
  }))

const hostPortsOf = ({ spec }: PodTemplate): readonly number[] =>
  spec.containers
    .flatMap(({ ports = [] }) => ports as readonly { readonly hostPort?: number }[])
    .flatMap(({ hostPort }) => (hostPort === undefined || hostPort === 0 ? [] : [hostPort]))

const hostFindings = (template: PodTemplate): readonly Finding[] => {
  if (template.spec['hostNetwork'] === true)
    return [
      {
        severity: 'warning',
        text: 'its pods are on the host network: two versions need different nodes, and NetworkPolicies do not apply to them',
      },
    ]
  const ports = hostPortsOf(template)
  return ports.length === 0
    ? []
    : [
        {
          severity: 'warning',
          text: `its pods take host port ${ports.join(', ')}: two versions need different nodes, and who connects to a node's port goes past the routers`,
        },
      ]
}

/** What is true of the Deployment whatever Service fronts it. */
export const workloadFindings = (workload: Workload, around: Surroundings): readonly Finding[] => [
  ...rivalFindings(workload, around),
  ...hostFindings(workload.template),
]
