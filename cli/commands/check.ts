import { parse } from 'yaml'
import type { Deployment, EndpointSlice, Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { CONTROLLER_LEASE, ROUTER_APP_LABEL } from '../../api/names.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isApiError } from '../../kube/errors.ts'
import { DEPLOYMENTS, ENDPOINT_SLICES, LEASES, PODS, REPLICA_SETS, SERVICES } from '../../kube/resources.ts'
import { type Checked, checkDeployment, type Finding, type Section } from '../check-report.ts'
import { runClusterCheck } from '../cluster-check/run.ts'
import type { Command, Session } from '../command.ts'
import { type Lease, liveHolder } from '../eject/lease.ts'
import { printValue } from '../output/print-object.ts'
import type { RenderOptions, Style } from '../output/style.ts'
import { wrap } from '../output/table.ts'
import { notThere, readList, readObject } from '../read-objects.ts'
import { readAround } from '../read-surroundings.ts'
import { parseTarget } from '../target.ts'

/** What only an administrator may see is left out, not an error. */
const ifAllowed = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading
  } catch (error) {
    if (isApiError(error) && error.status === 403) return undefined
    throw error
  }
}

const ROUTERS = Object.entries(ROUTER_APP_LABEL)
  .map(([key, value]) => `${key}=${value}`)
  .join(',')

const gather = async (
  client: KubeClient,
  {
    namespace,
    name,
    sluice,
    now,
  }: { readonly namespace: string; readonly name: string; readonly sluice: string; readonly now: number },
): Promise<Checked> => {
  const [deployment, deployments, replicaSets, services, slices, routers, lease] = await Promise.all([
    readObject<Deployment>(client, DEPLOYMENTS, namespace, name),
    readList<Deployment>(client, DEPLOYMENTS, { namespace }),
    readList<ReplicaSet>(client, REPLICA_SETS, { namespace }),
    readList<Service>(client, SERVICES, { namespace }),
    readList<EndpointSlice>(client, ENDPOINT_SLICES, { namespace }),
    ifAllowed(readList<Pod>(client, PODS, { namespace: sluice, labelSelector: ROUTERS })),
    ifAllowed(readObject<Lease>(client, LEASES, sluice, CONTROLLER_LEASE).then(one => one ?? null)),
  ])
  if (deployment === undefined) throw notThere(namespace, name)
  const around = await readAround(client, { namespace, name, systemNamespace: sluice, routers: routers ?? [] })
  return {
    around,
    deployment,
    deployments,
    services,
    replicaSets,
    slices,
    ...(routers && { routers }),
    ...(lease === undefined ? {} : { controller: liveHolder(lease ?? undefined, now)?.holder ?? null }),
    decodeYaml: text => parse(text, { maxAliasCount: 0 }),
  }
}

const MARKS: { readonly [verdict in Finding['verdict']]: readonly [icon: string, colour: keyof Style] } = {
  good: ['✔', 'good'],
  bad: ['✖', 'bad'],
  note: ['–', 'dim'],
}

export const renderCheck = (
  sections: readonly Section[],
  { style, width }: Pick<RenderOptions, 'style' | 'width'>,
): readonly string[] =>
  sections.flatMap(({ title, findings }) => [
    style.bold(title),
    ...findings.flatMap(({ verdict, text }) => {
      const [icon, colour] = MARKS[verdict]
      return wrap(`  ${style[colour](icon)} ${text}`, width, '    ')
    }),
  ])

const run = async (session: Session, target: string): Promise<number> => {
  // A Deployment of that name is deployment/cluster.
  if (target === 'cluster') return runClusterCheck(session)
  const name = parseTarget(target)
  const { client, namespace } = await session.cluster()
  const { terminal, format, now } = session
  const sections = checkDeployment(await gather(client, { namespace, name, sluice: session.sluiceNamespace, now: now() }))
  if (format === 'json' || format === 'yaml') terminal.write(printValue({ namespace, name, sections }, format))
  else {
    const lines = renderCheck(sections, {
      style: terminal.style,
      width: format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width,
    })
    terminal.write(`Deployment ${namespace}/${name}\n\n${lines.join('\n')}\n`)
  }
  return sections.some(({ findings }) => findings.some(one => one.verdict === 'bad')) ? 1 : 0
}

export const check: Command = {
  name: 'check',
  summary:
    'check a Deployment, its Services and how its traffic can be split; or with the name `cluster` what Sluice needs there',
  argument: '<name>',
  examples: ['check deployment/web', 'check web -o json', 'check cluster'],
  run,
}
