/** Which annotations a Deployment should get, judged by what is in front of its pods and around them. Pure. */
import { readSettings } from '../api/annotations.ts'
import type { Container, Labels, Service } from '../api/kubernetes.ts'
import { PREFIX } from '../api/names.ts'
import type { SettingKey } from '../api/settings.ts'
import { sidecarPreflight } from '../engine/sidecar/preflight.ts'
import { bad, type Finding, note } from './check-finding.ts'
import { type Checked, checkDeployment, type Fronting, frontingServices } from './check-report.ts'

export type Proposed = { readonly key: SettingKey; readonly value: string; readonly why: string }

export type Proposal = {
  readonly annotations: readonly Proposed[]
  /** What is bad would hold the updates. */
  readonly findings: readonly Finding[]
}

/** Where nothing but the number of pods splits the traffic, weights between two numbers of pods are the same. */
const stepsByCount = (replicas: number): string => {
  if (replicas <= 2) return '50%, 5m, 100%'
  return replicas === 3 ? '33%, 2m, 67%, 2m, 100%' : '25%, 2m, 50%, 2m, 100%'
}

/** Bytes that no router can read as requests: by the names that Kubernetes and its users give to ports. */
const NO_HTTP = /^(https|tls|tcp|mysql|postgres(ql)?|redis|mongo(db)?|kafka|amqps?|mqtt|ssh|smtp)\b/i

const carriesHttp = ({ spec }: Service): boolean =>
  (spec.ports ?? []).some(
    ({ port, name = '', appProtocol = name, protocol = 'TCP' }) =>
      protocol === 'TCP' && port !== 443 && !NO_HTTP.test(appProtocol),
  )

const names = (services: readonly Fronting[]): string => services.map(({ service }) => service.metadata.name).join(',')

const sizeOf = ({ deployment, around }: Checked): { readonly pods: number; readonly from: string } => {
  const scaler = around.autoscalers.find(
    ({ spec }) => spec?.scaleTargetRef?.kind === 'Deployment' && spec.scaleTargetRef.name === deployment.metadata.name,
  )
  if (scaler === undefined) return { pods: deployment.spec.replicas ?? 1, from: 'spec.replicas' }
  const least = scaler.spec?.minReplicas ?? 1
  return { pods: least, from: `HorizontalPodAutoscaler ${scaler.metadata.name} goes down to ${least}` }
}

/** Sidecars where each Service could have them, else the number of pods. */
const withoutFleet = (checked: Checked, fronting: readonly Fronting[]): readonly Proposed[] => {
  const { deployment, around, slices } = checked
  const { name } = deployment.metadata
  const { template } = deployment.spec
  const pods = { podLabels: template.metadata?.labels ?? {}, podPrefixes: [], template, surroundings: around.surroundings }
  const first = fronting[0]
  const because = `no Service can have routers in front: ${first?.service.metadata.name}: ${first?.problem}`
  const fits = fronting.every(({ service }) => sidecarPreflight({ service, slices }, pods, name) === undefined)
  if (fits) return [{ key: 'router', value: 'sidecar', why: `${because}; a router beside the app in each pod works` }]
  const { pods: replicas, from } = sizeOf(checked)
  return [
    { key: 'router', value: 'none', why: `${because}; the split is by number of pods, and people and readiness judge` },
    { key: 'steps', value: stepsByCount(replicas), why: `what ${replicas} pods can show of a share (${from})` },
  ]
}

const byFleet = (fronting: readonly Fronting[]): readonly Proposed[] => {
  const good = fronting.filter(({ problem }) => problem === undefined)
  const stuck = fronting.filter(({ problem }) => problem !== undefined)
  const http = good.filter(({ service }) => carriesHttp(service))
  return [
    ...(stuck.length === 0
      ? []
      : [
          {
            key: 'services' as const,
            value: names(good),
            why: `without ${stuck.map(({ service, problem }) => `${service.metadata.name} (${problem})`).join(', ')}, whose traffic stays as Kubernetes splits it`,
          },
        ]),
    ...(http.length === 0
      ? []
      : [
          {
            key: 'analysis' as const,
            value: 'success-rate >= 99%, p99 <= stable * 1.5',
            why: `Service ${names(http)} carries HTTP: failures, and durations against the stable version over the same seconds, are counted`,
          },
        ]),
  ]
}

const split = (checked: Checked, fronting: readonly Fronting[]): readonly Proposed[] => {
  if (fronting.length === 0) {
    const { pods, from } = sizeOf(checked)
    return [
      {
        key: 'router',
        value: 'none',
        why: 'no Service selects its pods, so there is no traffic to split; a version is tried on some of the pods',
      },
      { key: 'steps', value: stepsByCount(pods), why: `what ${pods} pods can show of a share (${from})` },
    ]
  }
  return fronting.every(({ problem }) => problem !== undefined) ? withoutFleet(checked, fronting) : byFleet(fronting)
}

const hasNoProbe = ({ readinessProbe, ports = [] }: Container): boolean => readinessProbe === undefined && ports.length > 0

const workloadFindings = ({ deployment }: Checked): readonly Finding[] => {
  const { template, strategy, minReadySeconds = 0 } = deployment.spec
  const silent = template.spec.containers.filter(hasNoProbe).map(({ name }) => name)
  return [
    ...(strategy?.type === 'Recreate'
      ? [
          bad(
            'its strategy is Recreate: two versions may not run at the same time, which is what a canary is; set RollingUpdate first if they may',
          ),
        ]
      : []),
    ...(silent.length === 0
      ? []
      : [
          note(
            `container ${silent.join(', ')} has no readinessProbe: a pod counts as ready as soon as it runs, and gets traffic before the app answers${minReadySeconds > 0 ? '' : '; add one, or set minReadySeconds'}`,
          ),
        ]),
  ]
}

const tlsFindings = (fronting: readonly Fronting[]): readonly Finding[] =>
  fronting
    .filter(({ service }) => !carriesHttp(service))
    .map(({ service }) =>
      note(
        `Service ${service.metadata.name} carries no plain HTTP as far as its ports say: it is split by connection, not by request`,
      ),
    )

/** The annotations as they would stand, beside those that are there. */
export const annotated = (annotations: Labels | undefined, proposed: readonly Proposed[]): Labels => ({
  ...annotations,
  ...Object.fromEntries(proposed.map(({ key, value }) => [`${PREFIX}${key}`, value])),
})

/** What a person wrote already is kept. `annotations` is empty for a Deployment that is opted in. */
export const proposeAdoption = (checked: Checked): Proposal => {
  const { deployment } = checked
  const written = deployment.metadata.annotations ?? {}
  const read = readSettings(written, { decodeYaml: checked.decodeYaml })
  if (read.optedIn) return { annotations: [], findings: [] }
  const fronting = frontingServices(checked, undefined)
  const wanted: readonly Proposed[] = [
    {
      key: 'strategy',
      value: 'canary',
      why: 'opts in: each new version gets a growing share of the traffic, by the default steps where none are named',
    },
    ...split(checked, fronting),
  ]
  const annotations = wanted.filter(({ key }) => written[`${PREFIX}${key}`] === undefined)
  const after = { ...deployment, metadata: { ...deployment.metadata, annotations: annotated(written, annotations) } }
  const found = checkDeployment({ ...checked, deployment: after })
    .flatMap(({ findings }) => findings)
    .filter(({ verdict }) => verdict === 'bad')
  return { annotations, findings: [...workloadFindings(checked), ...tlsFindings(fronting), ...found] }
}
