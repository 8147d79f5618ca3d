/** Whether the traffic of a Service reaches sidecars at all: only through the name of a port does Kubernetes ask each pod where it goes. */
import type { PodTemplate, Service, ServicePort } from '../../api/kubernetes.ts'
import { selectsPods } from '../../api/service-mode.ts'
import { isTcp } from '../make-route.ts'
import { workloadFindings } from '../preflight/workload.ts'
import type { ServiceSeen } from '../seen.ts'
import type { Fronted } from '../service-mode/preflight.ts'
import { sidecarReach } from './reach.ts'

const without = 'or leave it out with the annotation sluice.dev/services'

type NamedPort = {
  readonly name?: string | undefined
  readonly container: number
  readonly port: number
  readonly number: number
}

const portsOf = (template: PodTemplate | undefined): readonly NamedPort[] =>
  (template?.spec.containers ?? []).flatMap(({ ports = [] }, container) =>
    ports
      .map(({ name, containerPort, protocol = 'TCP' }, port) => ({ name, container, port, number: containerPort, protocol }))
      .filter(({ protocol }) => protocol === 'TCP'),
  )

const command = (kind: string, name: string, op: object): string =>
  `kubectl patch ${kind} ${name} --type=json -p '${JSON.stringify([op])}'`

/** The commands that make a numeric target a named one, in the order in which they lose no request. */
const howToName = (service: Service, index: number, target: number, deployment: string, ports: readonly NamedPort[]): string => {
  const found = ports.find(({ number }) => number === target)
  const name = found?.name || service.spec.ports?.[index]?.name || 'http'
  const toService = command('service', service.metadata.name, {
    op: 'replace',
    path: `/spec/ports/${index}/targetPort`,
    value: name,
  })
  if (found?.name) return toService
  const path = found
    ? `/spec/template/spec/containers/${found.container}/ports/${found.port}/name`
    : '/spec/template/spec/containers/0/ports'
  const value = found ? name : [{ name, containerPort: target }]
  return `first, before sluice.dev/router is sidecar, ${command('deployment', deployment, { op: 'add', path, value })}, and when all pods have that, ${toService}`
}

const checkPort = (
  service: Service,
  port: ServicePort,
  index: number,
  deployment: string,
  ports: readonly NamedPort[],
): string | undefined => {
  const target = port.targetPort ?? port.port
  if (!isTcp(port)) return undefined
  if (typeof target === 'number')
    return `its port ${port.port} leads to the number ${target}, which is the app's own; a sidecar is reached by the name of a port only: ${howToName(service, index, target, deployment, ports)}, ${without}`
  return ports.some(({ name }) => name === target)
    ? undefined
    : `its port ${port.port} leads to ${JSON.stringify(target)}, and no container of the pod template names a TCP port so; name one, ${without}`
}

/** The first thing in the way, with what to do about it; undefined when nothing is. */
export const sidecarPreflight = (seen: ServiceSeen, pods: Fronted, deployment: string): string | undefined =>
  ownProblem(seen, pods, deployment) ?? surroundingProblem(seen, pods)

const surroundingProblem = ({ service, slices }: ServiceSeen, { template, surroundings }: Fronted): string | undefined => {
  if (template === undefined || surroundings === undefined) return undefined
  const addresses = slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses: own }) => own))
  const rival = workloadFindings({ template }, surroundings).find(({ severity }) => severity === 'no')
  return rival?.text ?? sidecarReach({ service, namespace: service.metadata.namespace ?? '', template, addresses }, surroundings)
}

const ownProblem = ({ service }: ServiceSeen, { podLabels, template }: Fronted, deployment: string): string | undefined => {
  if (service.spec.type === 'ExternalName')
    return `it is of type ExternalName, which has no endpoints; front the pods with a ClusterIP Service, ${without}`
  if (!selectsPods(service, podLabels))
    return `its selector ${JSON.stringify(service.spec.selector ?? {})} does not select this Deployment's pods; correct it, ${without}`
  if (template?.spec['hostNetwork'] === true)
    return 'its pods have hostNetwork, where the ports of a sidecar would be ports of the node; take that out, or set sluice.dev/router: none'
  const ports = portsOf(template)
  const all = service.spec.ports ?? []
  if (!all.some(isTcp)) return `it has no TCP port that a sidecar could listen for; ${without.slice(3)}`
  for (const [index, port] of all.entries()) {
    const problem = checkPort(service, port, index, deployment, ports)
    if (problem !== undefined) return problem
  }
  return undefined
}
