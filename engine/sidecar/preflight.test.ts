import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodTemplate, Service } from '../../api/kubernetes.ts'
import type { NetworkPolicy, Surroundings } from '../preflight/surroundings.ts'
import { sidecarPreflight } from './preflight.ts'

const TEMPLATE: PodTemplate = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }, { containerPort: 9090 }] }] },
}

const aService = (spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
})

const check = (spec: Partial<Service['spec']> = {}, template = TEMPLATE) =>
  sidecarPreflight({ service: aService(spec), slices: [] }, { podLabels: { app: 'web' }, podPrefixes: [], template }, 'web')

test('Services that the shared routers cannot front are fine: headless, and with local traffic policies', () => {
  assert.equal(check(), undefined)
  assert.equal(check({ clusterIP: 'None' }), undefined)
  assert.equal(check({ externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }), undefined)
})

test('a number that a container port has a name for: the Service is to use the name', () => {
  const problem = check({ ports: [{ port: 80, targetPort: 8080 }] }) ?? ''
  assert.match(problem, /^its port 80 leads to the number 8080/)
  assert.ok(
    problem.includes(
      `kubectl patch service web --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":"http"}]'`,
    ),
  )
  assert.doesNotMatch(problem, /patch deployment/)
})

test('a number without a name: the pods have to have the name before the Service uses it', () => {
  const problem = check({ ports: [{ port: 9090 }] }) ?? ''
  const toDeployment = `kubectl patch deployment web --type=json -p '[{"op":"add","path":"/spec/template/spec/containers/0/ports/1/name","value":"http"}]'`
  const toService = `kubectl patch service web --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":"http"}]'`
  assert.ok(problem.includes(toDeployment) && problem.indexOf(toDeployment) < problem.indexOf(toService), problem)
})

test('a name that no container has, pods on the network of their node, and other pods are refused', () => {
  assert.match(check({ ports: [{ port: 80, targetPort: 'web' }] }) ?? '', /leads to "web"/)
  assert.match(check({}, { ...TEMPLATE, spec: { ...TEMPLATE.spec, hostNetwork: true } }) ?? '', /hostNetwork/)
  assert.match(check({ selector: { app: 'other' } }) ?? '', /does not select/)
  assert.match(check({ type: 'ExternalName' }) ?? '', /ExternalName/)
  assert.match(check({ ports: [{ port: 53, protocol: 'UDP' }] }) ?? '', /no TCP port/)
})

const around = (ingress: NonNullable<NetworkPolicy['spec']>['ingress'] & object): Surroundings => ({
  systemNamespace: 'sluice-system',
  policies: [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'], ingress },
    },
  ],
  namespaces: {},
  peerAuthentications: [],
  routers: { labels: {}, addresses: [] },
  rivals: [],
})

const checkIn = (surroundings: Surroundings) =>
  sidecarPreflight(
    { service: aService(), slices: [] },
    { podLabels: { app: 'web' }, podPrefixes: [], template: TEMPLATE, surroundings },
    'web',
  )

const CONTROLLER = {
  from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'sluice-system' } } }],
  ports: [{ port: 15_090 }],
}

test('a NetworkPolicy that lets clients in by the number of the app is told to use the name', () => {
  assert.match(
    checkIn(around([{ ports: [{ port: 8080 }] }, CONTROLLER])) ?? '',
    /NetworkPolicy web lets clients in on port 8080 only.*"http"/,
  )
})

test('one that names the port keeps pods from each other’s apps, whose number is another one then', () => {
  assert.match(checkIn(around([{ ports: [{ port: 'http' }] }, CONTROLLER])) ?? '', /not reach each other on port 8080/)
})

test('one that does not let the controller in is told how', () => {
  const clients = { ports: [{ port: 'http' }, { port: 8080 }] }
  assert.match(checkIn(around([clients])) ?? '', /controller not reach port 15090.*add an ingress rule from/)
  assert.equal(checkIn(around([clients, CONTROLLER])), undefined)
  assert.equal(checkIn(around([{}])), undefined)
})
