/**
 * Meshes: pods that take connections only from their own mesh take none from a router, which is outside of it. Istio: mode by
 * PeerAuthentication, the nearest that says anything, by port, by selector, of the namespace, of the whole mesh
 * (istio.io, PeerAuthentication). Linkerd: by the default inbound policy (linkerd.io, authorization policy).
 */
import type { Labels } from '../../api/kubernetes.ts'
import type { Finding, Front } from './finding.ts'
import { targetOf } from './reach.ts'
import type { MutualTls, PeerAuthentication, Surroundings } from './surroundings.ts'
import { OF_DEPLOYMENT, type WayOut } from './way-out.ts'

/** Istio's root namespace, unless an installation was told another. */
export const ISTIO_NAMESPACE = 'istio-system'

type Marks = {
  readonly labels: Labels
  readonly annotations: Labels
  readonly namespaceLabels: Labels
  readonly namespaceAnnotations: Labels
}

const marksOf = ({ namespace, template }: Front, { namespaces }: Surroundings): Marks => ({
  labels: template.metadata?.labels ?? {},
  annotations: template.metadata?.annotations ?? {},
  namespaceLabels: namespaces[namespace]?.labels ?? {},
  namespaceAnnotations: namespaces[namespace]?.annotations ?? {},
})

/** The pod's own word counts before its namespace's. */
const isIstio = ({ labels, annotations, namespaceLabels }: Marks): boolean => {
  const own = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject']
  if (own !== undefined) return own === 'true'
  const isAmbient = (labels['istio.io/dataplane-mode'] ?? namespaceLabels['istio.io/dataplane-mode']) === 'ambient'
  return isAmbient || namespaceLabels['istio-injection'] === 'enabled' || namespaceLabels['istio.io/rev'] !== undefined
}

const selects = ({ spec }: PeerAuthentication, labels: Labels): boolean =>
  Object.entries(spec?.selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value)

const hasSelector = ({ spec }: PeerAuthentication): boolean => Object.keys(spec?.selector?.matchLabels ?? {}).length > 0

const isSet = (mode: MutualTls | undefined): mode is MutualTls => mode !== undefined && mode !== 'UNSET'

/** In force for the pod's port: PERMISSIVE where nothing says anything. */
export const mutualTlsOf = (
  all: readonly PeerAuthentication[],
  pod: { readonly namespace: string; readonly labels: Labels; readonly port: number },
): { readonly mode: MutualTls; readonly by?: string } => {
  const here = all.filter(({ metadata }) => metadata.namespace === pod.namespace)
  const own = here.filter(one => hasSelector(one) && selects(one, pod.labels))
  const wide = here.filter(one => !hasSelector(one))
  const mesh = all.filter(one => one.metadata.namespace === ISTIO_NAMESPACE && !hasSelector(one))
  const said = [
    ...own.map(one => ({ mode: one.spec?.portLevelMtls?.[String(pod.port)]?.mode, one })),
    ...[...own, ...wide, ...mesh].map(one => ({ mode: one.spec?.mtls?.mode, one })),
  ].find(({ mode }) => isSet(mode))
  return said === undefined || !isSet(said.mode)
    ? { mode: 'PERMISSIVE' }
    : { mode: said.mode, by: `${said.one.metadata.namespace}/${said.one.metadata.name}` }
}

const istioFindings = (front: Front, around: Surroundings): readonly Finding[] => {
  const { service, namespace, template, wayOut = OF_DEPLOYMENT } = front
  const labels = template.metadata?.labels ?? {}
  for (const port of (service.spec.ports ?? []).flatMap(one => targetOf(one, template) ?? [])) {
    const { mode, by } = mutualTlsOf(around.peerAuthentications, { namespace, labels, port })
    if (mode === 'STRICT')
      return [
        {
          severity: 'no',
          text: `its pods are in an Istio mesh that takes only mutual TLS on port ${port} (PeerAuthentication ${by}), and routers are outside of the mesh; set that to PERMISSIVE for this workload, or ${wayOut.noRouters}`,
        },
      ]
  }
  return [
    {
      severity: 'warning',
      text: 'its pods are in an Istio mesh: while routers are in the path, connections arrive in plain text and without the identity of the client, so that AuthorizationPolicies by identity refuse them',
    },
  ]
}

const LINKERD_INJECT = 'linkerd.io/inject'
const LINKERD_POLICY = 'config.linkerd.io/default-inbound-policy'

const linkerdFindings = ({ annotations, namespaceAnnotations }: Marks, wayOut: WayOut): readonly Finding[] => {
  const policy = annotations[LINKERD_POLICY] ?? namespaceAnnotations[LINKERD_POLICY] ?? 'all-unauthenticated'
  if (policy === 'deny' || policy.endsWith('-authenticated'))
    return [
      {
        severity: 'no',
        text: `its pods are in a Linkerd mesh that takes only authenticated connections (${LINKERD_POLICY}: ${policy}), and routers are outside of the mesh; set it to all-unauthenticated, or ${wayOut.noRouters}`,
      },
    ]
  return [
    {
      severity: 'warning',
      text: 'its pods are in a Linkerd mesh: while routers are in the path, connections arrive without the identity of the client',
    },
  ]
}

export const meshFindings = (front: Front, around: Surroundings): readonly Finding[] => {
  const marks = marksOf(front, around)
  const inject = marks.annotations[LINKERD_INJECT] ?? marks.namespaceAnnotations[LINKERD_INJECT]
  return [
    ...(isIstio(marks) ? istioFindings(front, around) : []),
    ...(inject === 'enabled' || inject === 'ingress' ? linkerdFindings(marks, front.wayOut ?? OF_DEPLOYMENT) : []),
  ]
}
