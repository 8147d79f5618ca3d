/** What is and is not in the way of routers; the name of each case is what it says. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PodTemplate, Service } from '../../api/kubernetes.ts'
import { type Front, surroundingFindings } from './index.ts'
import type { NetworkPolicy, PeerAuthentication, Surroundings } from './surroundings.ts'

const ROUTERS = { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': 'router' }

const aTemplate = (
  change: { readonly metadata?: PodTemplate['metadata']; readonly spec?: Partial<PodTemplate['spec']> } = {},
) => ({
  metadata: { labels: { app: 'web', tier: 'front' }, ...change.metadata },
  spec: { containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }] }], ...change.spec },
})

const aService = (ports: Service['spec']['ports'] = [{ name: 'http', port: 80, targetPort: 'http' }]): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports },
})

const front = (change: Partial<Front> = {}): Front => ({
  service: aService(),
  namespace: 'shop',
  template: aTemplate(),
  addresses: ['10.244.1.5'],
  ...change,
})

const around = (change: Partial<Surroundings> = {}): Surroundings => ({
  systemNamespace: 'sluice-system',
  policies: [],
  namespaces: { shop: { labels: { team: 'shop' } }, 'sluice-system': { labels: { team: 'platform' } } },
  peerAuthentications: [],
  routers: { labels: ROUTERS, addresses: ['10.244.9.1', '10.244.9.2'] },
  rivals: [],
  ...change,
})

const policy = (spec: NetworkPolicy['spec'], { name = 'rule', namespace = 'shop' } = {}): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: spec ?? {},
})

const ALL = {}
const WEB = { matchLabels: { app: 'web' } }
const ROUTER_PODS = { matchLabels: ROUTERS }
const SYSTEM = { matchLabels: { 'kubernetes.io/metadata.name': 'sluice-system' } }

type Case = {
  readonly name: string
  readonly around?: Partial<Surroundings>
  readonly front?: Partial<Front>
  /** What the findings say, in order; none when nothing is found. */
  readonly no?: RegExp
  readonly warning?: RegExp
}

const allowed = (ingress: NonNullable<NetworkPolicy['spec']>['ingress']): Partial<Surroundings> => ({
  policies: [policy({ podSelector: WEB, policyTypes: ['Ingress'], ingress: ingress ?? [] })],
})

const POLICIES: readonly Case[] = [
  { name: 'without any policy routers are let in' },
  {
    name: 'a default deny of ingress lets no router in',
    around: { policies: [policy({ podSelector: ALL, policyTypes: ['Ingress'] })] },
    no: /NetworkPolicy rule of namespace shop lets no router reach its pods on port 8080; add an ingress rule from namespaceSelector kubernetes\.io\/metadata\.name=sluice-system/,
  },
  {
    name: 'a default deny beside a policy that lets routers in does not count',
    around: {
      policies: [
        policy({ podSelector: ALL, policyTypes: ['Ingress'] }, { name: 'deny' }),
        policy(
          { podSelector: WEB, policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: SYSTEM }] }] },
          { name: 'in' },
        ),
      ],
    },
  },
  {
    name: 'a policy for other pods does not count',
    around: { policies: [policy({ podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] })] },
  },
  { name: 'a rule without peers lets everybody in', around: allowed([{}]) },
  {
    name: 'a rule for the whole namespace lets no router in',
    around: allowed([{ from: [{ podSelector: ALL }] }]),
    no: /lets no router reach/,
  },
  { name: 'a rule for all namespaces lets routers in', around: allowed([{ from: [{ namespaceSelector: ALL }] }]) },
  {
    name: 'a namespace and a pod selector in one peer must both match',
    around: allowed([{ from: [{ namespaceSelector: SYSTEM, podSelector: { matchLabels: { app: 'other' } } }] }]),
    no: /lets no router reach/,
  },
  { name: 'both match the routers', around: allowed([{ from: [{ namespaceSelector: SYSTEM, podSelector: ROUTER_PODS }] }]) },
  {
    name: 'namespace and pod selector as two peers: one that matches is enough',
    around: allowed([
      {
        from: [{ podSelector: { matchLabels: { app: 'other' } } }, { namespaceSelector: { matchLabels: { team: 'platform' } } }],
      },
    ]),
  },
  {
    name: 'an address range that holds every router lets them in',
    around: allowed([{ from: [{ ipBlock: { cidr: '10.244.0.0/16' } }] }]),
  },
  {
    name: 'an address range without one of the routers does not',
    around: allowed([{ from: [{ ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.9.2/32'] } }] }]),
    no: /lets no router reach/,
  },
  {
    name: 'an address range does not when no router runs whose address could be looked at',
    around: { ...allowed([{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }]), routers: { labels: ROUTERS, addresses: [] } },
    no: /lets no router reach/,
  },
  { name: 'the port of the rule is the number that the pods listen on', around: allowed([{ ports: [{ port: 8080 }] }]) },
  { name: 'the Service port does not count', around: allowed([{ ports: [{ port: 80 }] }]), no: /on port 8080/ },
  { name: 'a named port is looked up in the containers', around: allowed([{ ports: [{ port: 'http' }] }]) },
  { name: 'a named port that no container has is no port', around: allowed([{ ports: [{ port: 'web' }] }]), no: /on port 8080/ },
  { name: 'a range of ports', around: allowed([{ ports: [{ port: 8000, endPort: 9000 }] }]) },
  { name: 'a range beside it', around: allowed([{ ports: [{ port: 9000, endPort: 9999 }] }]), no: /on port 8080/ },
  {
    name: 'a UDP port of the same number is another port',
    around: allowed([{ ports: [{ protocol: 'UDP', port: 8080 }] }]),
    no: /on port 8080/,
  },
  {
    name: 'each port of the Service has to be let in',
    front: {
      service: aService([
        { name: 'a', port: 80, targetPort: 8080 },
        { name: 'b', port: 81, targetPort: 9090 },
      ]),
    },
    around: allowed([{ ports: [{ port: 8080 }] }]),
    no: /on port 9090/,
  },
  {
    name: 'UDP ports of the Service do not go through routers',
    front: {
      service: aService([
        { name: 'a', port: 80, targetPort: 8080 },
        { name: 'b', port: 53, targetPort: 5353, protocol: 'UDP' },
      ]),
    },
    around: allowed([{ ports: [{ port: 8080 }] }]),
  },
  {
    name: 'a policy with egress rules only leaves ingress open',
    around: { policies: [policy({ podSelector: WEB, policyTypes: ['Egress'], egress: [] })] },
  },
  {
    name: 'without policyTypes a policy is for ingress',
    around: { policies: [policy({ podSelector: WEB })] },
    no: /lets no router reach/,
  },
  {
    name: "the routers' own namespace may keep them from going out",
    around: { policies: [policy({ podSelector: ALL, policyTypes: ['Egress'] }, { name: 'locked', namespace: 'sluice-system' })] },
    no: /NetworkPolicy locked of namespace sluice-system lets no router reach .* add an egress rule to port 8080 of namespace shop/,
  },
  {
    name: 'or let nobody in to them',
    around: {
      policies: [
        policy(
          { podSelector: ROUTER_PODS, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 8444 }] }] },
          { name: 'admin', namespace: 'sluice-system' },
        ),
      ],
    },
    no: /NetworkPolicy admin of namespace sluice-system lets no pod of namespace shop reach the routers/,
  },
  {
    name: 'a policy of the routers for their whole range of listening ports lets clients in',
    around: {
      policies: [
        policy(
          { podSelector: ROUTER_PODS, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 20000, endPort: 29999 }] }] },
          { namespace: 'sluice-system' },
        ),
      ],
    },
  },
]

const client = (egress: NonNullable<NetworkPolicy['spec']>['egress'], name = 'egress') =>
  policy({ podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'], egress: egress ?? [] }, { name })

const CLIENTS: readonly Case[] = [
  {
    name: 'clients that may go to the pods only would lose them behind routers',
    around: { policies: [client([{ to: [{ podSelector: WEB }] }])] },
    no: /NetworkPolicy egress of namespace shop lets its pods reach this Deployment but not the routers; add an egress rule to namespaceSelector/,
  },
  {
    name: 'clients that may go to the routers, too, keep them',
    around: { policies: [client([{ to: [{ podSelector: WEB }, { namespaceSelector: SYSTEM, podSelector: ROUTER_PODS }] }])] },
  },
  {
    name: 'another policy of the same clients may let them go to the routers',
    around: { policies: [client([{ to: [{ podSelector: WEB }] }]), client([{ to: [{ namespaceSelector: SYSTEM }] }], 'more')] },
  },
  {
    name: 'clients that reach the pods on their port only do not reach a listening port',
    around: { policies: [client([{ ports: [{ port: 8080 }] }])] },
    no: /but not the routers/,
  },
  {
    name: 'clients that do not reach the pods today have nothing to lose',
    around: { policies: [client([{ to: [{ podSelector: { matchLabels: { app: 'db' } } }] }])] },
  },
  { name: 'a default deny of egress has nothing to lose', around: { policies: [client([])] } },
]

const peers = (
  mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'UNSET',
  more: object = {},
  namespace = 'shop',
): PeerAuthentication => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace },
  spec: { mtls: { mode }, ...more },
})

const INJECTED = { namespaces: { shop: { labels: { 'istio-injection': 'enabled' } } } }
const OWN = { selector: { matchLabels: { app: 'web' } } }

const MESHES: readonly Case[] = [
  {
    name: 'pods in Istio take plain text where nothing says otherwise',
    around: INJECTED,
    warning: /Istio mesh: while routers are in the path/,
  },
  {
    name: 'pods in Istio with strict mutual TLS in the namespace take nothing from a router',
    around: { ...INJECTED, peerAuthentications: [peers('STRICT')] },
    no: /takes only mutual TLS on port 8080 \(PeerAuthentication shop\/default\)/,
  },
  {
    name: 'strict for the whole mesh counts as well',
    around: { ...INJECTED, peerAuthentications: [peers('STRICT', {}, 'istio-system')] },
    no: /PeerAuthentication istio-system\/default/,
  },
  {
    name: 'the namespace may say otherwise than the mesh',
    around: { ...INJECTED, peerAuthentications: [peers('STRICT', {}, 'istio-system'), peers('PERMISSIVE')] },
    warning: /Istio/,
  },
  {
    name: 'UNSET says nothing',
    around: { ...INJECTED, peerAuthentications: [peers('STRICT', {}, 'istio-system'), peers('UNSET')] },
    no: /istio-system/,
  },
  {
    name: 'the workload may say otherwise than the namespace',
    around: { ...INJECTED, peerAuthentications: [peers('STRICT'), peers('PERMISSIVE', OWN)] },
    warning: /Istio/,
  },
  {
    name: 'another workload may not',
    around: {
      ...INJECTED,
      peerAuthentications: [peers('STRICT'), peers('PERMISSIVE', { selector: { matchLabels: { app: 'db' } } })],
    },
    no: /mutual TLS/,
  },
  {
    name: 'a port may say otherwise than its workload',
    around: { ...INJECTED, peerAuthentications: [peers('STRICT', { ...OWN, portLevelMtls: { '8080': { mode: 'DISABLE' } } })] },
    warning: /Istio/,
  },
  {
    name: 'pods that say no to the injection of their namespace are outside of the mesh',
    around: { ...INJECTED, peerAuthentications: [peers('STRICT')] },
    front: { template: aTemplate({ metadata: { labels: { app: 'web', 'sidecar.istio.io/inject': 'false' } } }) },
  },
  {
    name: 'ambient mode is a mesh, too',
    around: {
      namespaces: { shop: { labels: { 'istio.io/dataplane-mode': 'ambient' } } },
      peerAuthentications: [peers('STRICT')],
    },
    no: /mutual TLS/,
  },
  { name: 'strict mutual TLS without injection is about others', around: { peerAuthentications: [peers('STRICT')] } },
  {
    name: 'pods in Linkerd take connections from outside by default',
    front: { template: aTemplate({ metadata: { labels: { app: 'web' }, annotations: { 'linkerd.io/inject': 'enabled' } } }) },
    warning: /Linkerd/,
  },
  {
    name: 'pods in Linkerd that take authenticated connections only take nothing from a router',
    around: {
      namespaces: {
        shop: {
          annotations: { 'linkerd.io/inject': 'enabled', 'config.linkerd.io/default-inbound-policy': 'cluster-authenticated' },
        },
      },
    },
    no: /default-inbound-policy: cluster-authenticated/,
  },
]

const WORKLOADS: readonly Case[] = [
  {
    name: 'a Rollout of Argo Rollouts with a workloadRef to the Deployment is a second master',
    around: { rivals: ['old-web'] },
    no: /Rollout old-web refers to this Deployment with workloadRef/,
  },
  {
    name: 'pods on the host network need nodes',
    front: { template: aTemplate({ spec: { hostNetwork: true } }) },
    warning: /host network/,
  },
  {
    name: 'pods with a host port need nodes',
    front: {
      template: aTemplate({ spec: { containers: [{ name: 'web', ports: [{ containerPort: 8080, hostPort: 80 } as never] }] } }),
    },
    warning: /host port 80/,
  },
]

const withSpec = (spec: Partial<Service['spec']>): Partial<Front> => ({
  service: { ...aService(), spec: { ...aService().spec, ...spec } },
})

const ADDRESSES: readonly Case[] = [
  { name: 'a Service of the family in which routers listen', front: withSpec({ ipFamilies: ['IPv4'] }) },
  {
    name: 'a dual-stack Service needs routers on both families',
    front: withSpec({ ipFamilies: ['IPv4', 'IPv6'] }),
    no: /cluster address of family IPv6, on which no router listens; set ipFamilyPolicy SingleStack with ipFamilies \[IPv4\]/,
  },
  {
    name: 'routers with addresses of both families listen for both',
    front: withSpec({ ipFamilies: ['IPv4', 'IPv6'] }),
    around: { routers: { labels: ROUTERS, addresses: ['10.244.9.1', 'fd00::1'] } },
  },
  {
    name: 'an IPv6 cluster is as good as any',
    front: withSpec({ ipFamilies: ['IPv6'] }),
    around: { routers: { labels: ROUTERS, addresses: ['fd00::1'] } },
  },
  {
    name: 'without a router nothing is known of families',
    front: withSpec({ ipFamilies: ['IPv6'] }),
    around: { routers: { labels: {}, addresses: [] } },
  },
  {
    name: 'pods that are published before they are ready wait for it behind routers',
    front: withSpec({ publishNotReadyAddresses: true }),
    warning: /Service web publishes pods that are not ready .* only ready pods get requests/,
  },
]

const check = (one: Case) => {
  const found = surroundingFindings(front(one.front), around(one.around))
  const of = (severity: 'no' | 'warning') => found.filter(finding => finding.severity === severity).map(({ text }) => text)
  if (one.no) assert.match(of('no').join('\n'), one.no)
  else assert.deepEqual(of('no'), [])
  if (one.warning) assert.match(of('warning').join('\n'), one.warning)
  else assert.deepEqual(of('warning'), [])
}

for (const [title, cases] of Object.entries({
  'NetworkPolicies between routers and pods': POLICIES,
  'NetworkPolicies of clients': CLIENTS,
  'Addresses of the Service': ADDRESSES,
  Meshes: MESHES,
  'The Deployment itself': WORKLOADS,
}))
  describe(title, () => {
    for (const one of cases) test(one.name, () => check(one))
  })
