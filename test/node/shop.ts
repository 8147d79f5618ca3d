/** Annotated Deployments on the real node, and what the tests say of them. */
import type { Service } from '../../api/kubernetes.ts'
import { SERVICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { untilRolledOut } from '../../local/install.ts'
import { aDeployment, aService } from '../cluster/objects.ts'
import { deploySubject, type Subject } from '../cluster/subject.ts'
import { SAMPLE_IMAGE } from './images.ts'
import { NAMESPACE, type NodeLab } from './lab.ts'

/** Enough to see each phase, short enough for many. */
export const QUICK_STEPS = '20%, 1s, 60%, 1s'
/** Requests per second through the Service's cluster address. */
export const RATE = 300

const SERVE = { node: '/bin/node', root: '/app', image: SAMPLE_IMAGE } as const

export type Shop = {
  readonly name: string
  readonly replicas?: number
  readonly annotations?: { readonly [key: string]: string }
  /** Every answer is a line in the pod's log. */
  readonly logs?: boolean
}

/** A Deployment of the sample app and its Service, both at rest. */
export const openShop = ({ client }: NodeLab, { name, replicas = 4, annotations, logs = false }: Shop): Promise<Subject> =>
  deploySubject(
    { client, namespace: NAMESPACE },
    { name, replicas, logs, serve: SERVE, annotations: { 'sluice.dev/steps': QUICK_STEPS, ...annotations } },
  )

/** The same app, of which Sluice knows nothing; returns the URL of its Service. */
export const openPlainShop = async ({ client }: NodeLab, name: string): Promise<string> => {
  const wanted = { name, namespace: NAMESPACE, serve: SERVE }
  await apply(client, [aDeployment(wanted), aService(wanted)])
  await untilRolledOut(client, NAMESPACE, name)
  const { spec } = await client.get<Service>(SERVICES, { namespace: NAMESPACE, name })
  return `http://${spec.clusterIP}:8080/`
}

/** Takes it away again, so that the next one has the machine for itself. */
export const closeShop = async ({ kubectl }: NodeLab, { name }: Pick<Subject, 'name'>): Promise<void> => {
  await kubectl('delete', `deployment/${name}`, `service/${name}`)
  await kubectl('wait', '--for=delete', 'pod', `--selector=app=${name}`, '--timeout=60s')
}

/** Ships a version and waits until it is promoted and nothing of Sluice is in the path any more. */
export const promote = async (shop: Subject, version: string): Promise<void> => {
  await shop.ship({ version })
  await shop.until(`the update to ${version}`, ({ phase }) => phase !== 'Healthy')
  await shop.until(`${version} to be promoted`, ({ phase }) => phase === 'Healthy')
  await shop.untilServed()
}

/** Ships a version of which every third answer is a 500 and waits until it is rolled back and nothing of Sluice is in the path. */
export const rollBack = async (shop: Subject, version: string): Promise<void> => {
  await shop.ship({ version, failEvery: 3 })
  await shop.until(`${version} to be rolled back`, ({ phase, abort }) => phase === 'Degraded' && abort === true)
  await shop.untilServed()
}

/** Ships a version and waits until it stands at the pause of its steps. */
export const pauseAt = async (shop: Subject, version: string): Promise<void> => {
  await shop.ship({ version })
  await shop.until(`${version} to stand at its pause`, ({ phase }) => phase === 'Paused')
}

/** One line for people and scripts. */
export const report = (line: object): void => console.log(JSON.stringify(line))
