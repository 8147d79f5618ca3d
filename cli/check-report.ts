/** What `sluice check` finds out about one Deployment: its annotations, the Services in front of it, and how its traffic can be split. */
import { ignoredSettings, readSettings, type Settings } from '../api/annotations.ts'
import type { Deployment, EndpointSlice, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, FRONTED_SERVICE_LABEL, SERVICE_NAME } from '../api/names.ts'
import { renderProblem } from '../api/problem.ts'
import { selectsPods } from '../api/service-mode.ts'
import { preflight } from '../engine/service-mode/preflight.ts'
import { bad, type Finding, good, note } from './check-finding.ts'
import { placementFindings } from './check-placements.ts'
import { surroundingsFindings } from './check-surroundings.ts'
import type { AroundDeployment } from './read-surroundings.ts'

export type { Finding } from './check-finding.ts'
export type Section = { readonly title: string; readonly findings: readonly Finding[] }

export type Checked = {
  readonly deployment: Deployment
  /** All of the namespace. */
  readonly services: readonly Service[]
  readonly deployments: readonly Deployment[]
  readonly replicaSets: readonly ReplicaSet[]
  readonly slices: readonly EndpointSlice[]
  /** Undefined where they may not be listed. */
  readonly routers?: readonly Pod[]
  /** Who holds the controller's Lease; null when nobody does, absent where it may not be read. */
  readonly controller?: string | null
  readonly around: AroundDeployment
  readonly decodeYaml: (text: string) => unknown
}

export const checkDeployment = (checked: Checked): readonly Section[] => {
  const settings = readSettings(checked.deployment.metadata.annotations, { decodeYaml: checked.decodeYaml })
  const chosen = settings.optedIn ? settings.settings : undefined
  const fronting = frontingServices(checked, chosen)
  const { deployment, around, routers } = checked
  const { template } = deployment.spec
  const { namespace = '' } = deployment.metadata
  const fronts = fronting.map(({ service, addresses }) => ({ service, namespace, template, addresses }))
  const surroundings = surroundingsFindings({
    ...around,
    ...checked,
    fronts,
    shown: fronting.flatMap(({ problem }) => problem ?? []),
  })
  const { systemNamespace } = around.surroundings
  return [
    { title: 'Annotations', findings: annotationFindings(checked, settings) },
    { title: 'Services', findings: serviceFindings(checked, chosen, fronting) },
    ...(surroundings.length > 0 ? [{ title: 'Around', findings: surroundings }] : []),
    { title: 'Placement', findings: placementFindings({ router: chosen?.router, fronting, routers, systemNamespace }) },
    { title: 'Sluice', findings: processFindings(checked) },
  ]
}

const annotationFindings = ({ deployment }: Checked, read: ReturnType<typeof readSettings>): readonly Finding[] => {
  if (!read.optedIn)
    return [
      bad(`not opted in: kubectl annotate deployment ${deployment.metadata.name} sluice.dev/strategy=canary opts in`),
      ...ignoredSettings(deployment.metadata.annotations).map(one => bad(renderProblem(one))),
    ]
  if (read.settings === undefined) return read.problems.map(one => bad(renderProblem(one)))
  const { strategy, steps, checks, templates, router } = read.settings
  const judged = [...checks, ...templates.map(name => `template/${name}`)].join(', ')
  return [
    good(`${strategy} in ${steps.length} steps`),
    judged === '' ? note('no checks: only people and readiness stop a bad version') : good(`judged by ${judged}`),
    ...(router === 'auto' ? [] : [note(`router: ${router}`)]),
  ]
}

export type Fronting = {
  readonly service: Service
  readonly problem: string | undefined
  /** Of its pods. */
  readonly addresses: readonly string[]
}

/** Services that the annotation names, or all whose selector matches; each with what is in the way of routers in front of it. */
export const frontingServices = (
  { deployment, services, slices, replicaSets, around }: Checked,
  settings: Settings | undefined,
): readonly Fronting[] => {
  const { template } = deployment.spec
  const { surroundings } = around
  const podLabels = template.metadata?.labels ?? {}
  const podPrefixes = replicaSets
    .filter(one => one.metadata.ownerReferences?.some(owner => owner.uid === deployment.metadata.uid))
    .map(one => `${one.metadata.name}-`)
  const slicesOf = ({ metadata }: Service) => slices.filter(one => one.metadata.labels?.[SERVICE_NAME] === metadata.name)
  return services
    .filter(one => one.metadata.labels?.[FRONTED_SERVICE_LABEL] === undefined)
    .filter(one =>
      settings?.services === undefined ? selectsPods(one, podLabels) : settings.services.includes(one.metadata.name),
    )
    .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
    .map(service => {
      const own = slicesOf(service)
      const problem = preflight({ service, slices: own }, { podLabels, podPrefixes, template, surroundings })
      return { service, problem, addresses: own.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(one => one.addresses)) }
    })
}

const portsOf = (service: Service): string =>
  (service.spec.ports ?? []).map(one => `${one.port}${one.name ? ` (${one.name})` : ''}`).join(', ')

const serviceFindings = (checked: Checked, settings: Settings | undefined, fronting: readonly Fronting[]): readonly Finding[] => {
  const { name } = checked.deployment.metadata
  const missing = (settings?.services ?? []).filter(one => !fronting.some(({ service }) => service.metadata.name === one))
  if (fronting.length === 0 && missing.length === 0)
    return [
      note(`no Service selects its pods, so there is no traffic to split; a new version is judged by the readiness of its pods`),
    ]
  return [
    ...fronting.flatMap(({ service, problem }) => [
      problem === undefined
        ? good(`${service.metadata.name}: ports ${portsOf(service)}`)
        : bad(`${service.metadata.name}: ${problem}`),
      ...sharedWith(checked, service),
      ...(service.metadata.labels?.[DEPLOYMENT_LABEL] === name
        ? []
        : [note(`${service.metadata.name}: not labelled ${DEPLOYMENT_LABEL}=${name} yet; the controller does that`)]),
    ]),
    ...missing.map(one => bad(`${one}: named in sluice.dev/services and not there; make it or take the name out`)),
  ]
}

/** Other Deployments whose pods the Service selects too: their traffic would go through the routers as well. */
const sharedWith = ({ deployment, deployments }: Checked, service: Service): readonly Finding[] => {
  const others = deployments
    .filter(
      one => one.metadata.name !== deployment.metadata.name && selectsPods(service, one.spec.template.metadata?.labels ?? {}),
    )
    .map(one => one.metadata.name)
  return others.length === 0
    ? []
    : [bad(`${service.metadata.name}: selects the pods of ${others.join(', ')} too; narrow its selector to one Deployment`)]
}

const processFindings = ({ controller }: Checked): readonly Finding[] => {
  if (controller === undefined) return [note("the controller's Lease may not be read by you")]
  return [
    controller === null
      ? bad('no controller holds its Lease: updates are held and wait; kubectl -n sluice-system get deploy,pods shows why')
      : good(`the controller is at work (${controller})`),
  ]
}
