/** Objects and requests for the webhook's tests, each complete unless told otherwise. */
import fastJsonPatch from 'fast-json-patch'
import { giveBackOps, holdOps } from '../../api/hold.ts'
import type { JsonPatchOp } from '../../api/json-patch.ts'
import type { Deployment, Labels, Service } from '../../api/kubernetes.ts'
import { STABLE_TEMPLATE } from '../../api/names.ts'
import { templateHash } from '../../api/template.ts'
import type { AdmissionRequest, View } from '../admission.ts'

export const USER = 'jane@example.com'

type DeploymentWish = Partial<Deployment['spec']> & {
  readonly image?: string
  readonly annotations?: Labels
  readonly status?: Deployment['status']
}

export const TEMPLATE = (image: string): Deployment['spec']['template'] => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
})

export const OPTED_IN: Labels = { 'sluice.dev/strategy': 'canary' }

/** A Deployment `web` at rest with 4 pods of v1, opted in, its stable version noted. */
export const aDeployment = ({ image = 'web:v1', annotations, status, ...spec }: DeploymentWish = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u1',
    generation: 3,
    annotations: annotations ?? { ...OPTED_IN, [STABLE_TEMPLATE]: templateHash(TEMPLATE('web:v1')) },
  },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    template: TEMPLATE(image),
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
  },
  status: status ?? { observedGeneration: 3, replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4 },
})

export const applyPatch = <T>(object: T, patch: readonly JsonPatchOp[]): T =>
  fastJsonPatch.applyPatch(structuredClone(object), structuredClone(patch) as unknown as fastJsonPatch.Operation[], true)
    .newDocument as T

/** The same in mid-update: held, its template v2. */
export const aHeldDeployment = (wish: DeploymentWish = {}): Deployment => {
  const rest = aDeployment({ image: 'web:v2', ...wish })
  return applyPatch(rest, holdOps(rest))
}

/** What the controller writes at the end of an update. */
export const givenBack = (held: Deployment): Deployment =>
  applyPatch(held, giveBackOps(held, { stableTemplate: templateHash(held.spec.template) }))

/** A change of a copy, written as the user's own merge. */
export const changed = (
  deployment: Deployment,
  { spec, annotations }: { readonly spec?: Partial<Deployment['spec']>; readonly annotations?: Labels },
): Deployment => ({
  ...deployment,
  metadata: { ...deployment.metadata, ...(annotations ? { annotations } : {}) },
  spec: { ...deployment.spec, ...spec },
})

export const without = (labels: Labels | undefined, key: string): Labels => {
  const { [key]: _, ...rest } = labels ?? {}
  return rest
}

/** A Service `web` in front of the pods of aDeployment(). */
export const aService = ({
  labels,
  annotations,
  selector = { app: 'web' },
}: {
  readonly labels?: Labels
  readonly annotations?: Labels
  readonly selector?: Labels | null
} = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
  spec: { type: 'ClusterIP', ports: [{ port: 80, targetPort: 8080 }], ...(selector === null ? {} : { selector }) },
})

type RequestWish = {
  readonly object?: unknown
  readonly oldObject?: unknown
  readonly user?: string
  readonly kind?: string
  readonly operation?: AdmissionRequest['operation']
}

/** CREATE without an old object, UPDATE with one. */
export const aRequest = ({ object, oldObject, user = USER, kind = 'Deployment', operation }: RequestWish): AdmissionRequest => ({
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  operation: operation ?? (oldObject === undefined ? 'CREATE' : 'UPDATE'),
  kind: { group: kind === 'Deployment' ? 'apps' : '', version: 'v1', kind },
  namespace: 'shop',
  name: 'web',
  user,
  dryRun: false,
  ...(object === undefined ? {} : { object }),
  ...(oldObject === undefined ? {} : { oldObject }),
})

export const NOTHING: View = { optedIn: [] }
export const WEB: View = { optedIn: [{ name: 'web', selector: { matchLabels: { app: 'web' } }, podLabels: { app: 'web' } }] }
