/** Every kind of Service in front of an annotated Deployment, and what becomes of one that changes in the middle of an update. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { EndpointSlice, KubeObject, Service } from '../../api/kubernetes.ts'
import { SERVICE_NAME, SLICE_ROLE } from '../../api/names.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import type { Route } from '../../api/route.ts'
import { isDropped } from '../../demo/tally.ts'
import { startTraffic, type Traffic } from '../../demo/traffic.ts'
import { ENDPOINT_SLICES, NETWORK_POLICIES, ROUTES, SERVICES } from '../../kube/resources.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aService, type Wanted } from './objects.ts'
import { deploySubject, type Subject, untilAnswered } from './subject.ts'

const RATE = 30
const healthy = (status: RolloutStatus) => status.phase === 'Healthy'
const updating = (status: RolloutStatus) => status.phase !== 'Healthy'
const paused = (status: RolloutStatus) => status.phase === 'Paused'
const refused = (status: RolloutStatus) => /ServiceRefused|cannot be put in proxy mode/.test(status.message ?? '')

describe('a Service in front of an annotated Deployment', { concurrency: 4 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const subject = (name: string, steps: string, more: Partial<Wanted> = {}): Promise<Subject> =>
    deploySubject(lab, { name, replicas: 2, serve: lab.serve, annotations: { 'sluice.dev/steps': steps }, ...more })

  const ref = (name: string) => ({ namespace: lab.namespace, name })
  const read = (name: string) => lab.client.get<Service>(SERVICES, ref(name))
  const create = (service: Service) => lab.client.create<Service>(SERVICES, service)
  const change = (name: string, spec: object) => lab.client.patch<Service>(SERVICES, ref(name), 'merge', { spec })
  const routeOf = (name: string) => lab.client.get<Route>(ROUTES, ref(name))
  const slicesOf = async (name: string) =>
    (
      await lab.client.list<EndpointSlice>(ENDPOINT_SLICES, {
        namespace: lab.namespace,
        labelSelector: `${SERVICE_NAME}=${name}`,
      })
    ).items
  const isInProxy = async (name: string) => (await routeOf(name)).status?.step === 'proxy'

  const resume = (web: Subject) => web.patchStatus({ pauseConditions: null })

  /** Nobody asked in vain, and the last answers are of the version that is wanted. */
  const assertServed = async (traffic: Traffic, version: string) => {
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
    assert.equal(answers.at(-1)?.version, version)
  }

  /** Any number of requests over new connections, one after the other; the bodies of the answers. */
  const askOften = async (url: string, times: number): Promise<readonly string[]> => {
    const bodies: string[] = []
    for (let i = 0; i < times; i += 1) {
      bodies.push(
        await new Promise<string>((resolve, reject) => {
          const ask = request(url, { agent: false, headers: { connection: 'close' } }, answer => {
            let body = ''
            answer.setEncoding('utf8')
            answer.on('data', chunk => {
              body += chunk
            })
            answer.on('end', () => resolve(body))
          })
          ask.on('error', reject)
          ask.end()
        }),
      )
    }
    return bodies
  }

  test('with several ports, by name, by number and UDP, of type NodePort, is carried on all of them and keeps its node ports', async () => {
    const ports = [
      { name: 'http', port: 8080, targetPort: 'http' },
      { name: 'numeric', port: 9090, targetPort: 8080 },
      { name: 'dns', port: 5353, targetPort: 5353, protocol: 'UDP' },
    ]
    const web = await subject('ports', '50%, pause', { service: { type: 'NodePort', ports } })
    const before = (await web.service()).spec
    const byName = startTraffic(web.url, RATE)
    const byNumber = startTraffic(`http://${before.clusterIP}:9090/`, RATE)
    await web.ship({ version: 'v2' })
    await web.until('the pause', paused)
    const slices = await slicesOf('ports')
    const portsOf = (role: string) =>
      slices.filter(({ metadata }) => metadata.labels?.[SLICE_ROLE] === role).flatMap(slice => slice.ports ?? [])
    assert.deepEqual(
      portsOf('router')
        .map(({ name }) => name)
        .sort(),
      ['http', 'numeric'],
    )
    assert.deepEqual(
      portsOf('pass-through').map(({ name, port, protocol }) => [name, port, protocol]),
      [['dns', 5353, 'UDP']],
    )
    assert.equal(slices.filter(({ metadata }) => metadata.labels?.[SLICE_ROLE] === undefined).length, 0)
    await resume(web)
    await web.until('promotion', healthy)
    await web.untilServed()
    await assertServed(byName, 'v2')
    await assertServed(byNumber, 'v2')
    const { clusterIP, type, ports: after } = (await web.service()).spec
    assert.deepEqual({ clusterIP, type, ports: after }, { clusterIP: before.clusterIP, type: 'NodePort', ports: before.ports })
  })

  test('leads to another target port in each version when the port is named', async () => {
    const web = await subject('named', '50%, 2s')
    const traffic = startTraffic(web.url, RATE)
    await web.ship({ version: 'v2', port: 9090 })
    await web.until('the update', updating)
    await web.until('promotion', healthy)
    await web.untilServed()
    const answers = traffic.answers.map(({ version }) => version)
    await assertServed(traffic, 'v2')
    assert.deepEqual(new Set(answers), new Set(['v1', 'v2']))
  })

  test('is one of several, of which one comes and one goes in the middle of the update', async () => {
    const web = await subject('many', '50%, pause')
    const second = (name: string) => ({ ...aService(web.wanted), metadata: { name, namespace: lab.namespace } })
    const { spec } = await create(second('many-second'))
    await untilAnswered(`http://${spec.clusterIP}:8080/`)
    const one = startTraffic(web.url, RATE)
    const two = startTraffic(`http://${spec.clusterIP}:8080/`, RATE)
    await web.ship({ version: 'v2' })
    await web.until('the pause', paused)
    assert.ok((await isInProxy('many')) && (await isInProxy('many-second')))
    const late = await create(second('many-late'))
    await untilAnswered(`http://${late.spec.clusterIP}:8080/`)
    const three = startTraffic(`http://${late.spec.clusterIP}:8080/`, RATE)
    await waitFor({ what: 'the Service that came late to be in proxy mode' }, () => isInProxy('many-late'))
    await two.stop()
    await lab.client.delete(SERVICES, ref('many-second'))
    await waitFor({ what: 'the Route of the Service that went to go' }, async () => {
      const { items } = await lab.client.list<Route>(ROUTES, { namespace: lab.namespace })
      return !items.some(({ metadata }) => metadata.name === 'many-second')
    })
    await resume(web)
    await web.until('promotion', healthy)
    await web.untilServed()
    assert.deepEqual((await read('many-late')).spec.selector, { app: 'many' })
    await assertServed(one, 'v2')
    await assertServed(three, 'v2')
    assert.deepEqual(two.answers.filter(isDropped), [])
  })

  test('may get a port, lose one and change a target port in the middle of the update', async () => {
    const http = { name: 'http', port: 8080, targetPort: 'http' }
    const web = await subject('change', '50%, pause', {
      service: { ports: [http, { name: 'old', port: 8081, targetPort: 8080 }] },
    })
    const traffic = startTraffic(web.url, RATE)
    await web.ship({ version: 'v2' })
    await web.until('the pause', paused)
    await change('change', {
      ports: [
        { ...http, targetPort: 8080 },
        { name: 'new', port: 8082, targetPort: 'http' },
      ],
    })
    const { clusterIP } = (await web.service()).spec
    await waitFor({ what: 'the new port to be answered' }, async () => {
      const bodies = await askOften(`http://${clusterIP}:8082/`, 4)
      return bodies.every(body => body.includes('served'))
    })
    const { ports } = (await routeOf('change')).spec
    assert.deepEqual(
      ports.map(({ name }) => name),
      ['http', 'new'],
    )
    await assert.rejects(askOften(`http://${clusterIP}:8081/`, 1))
    await resume(web)
    await web.until('promotion', healthy)
    await web.untilServed()
    await assertServed(traffic, 'v2')
    assert.match((await askOften(`http://${clusterIP}:8082/`, 1)).join(), /^v2/)
  })

  test('with session affinity keeps a client on one version and one pod while the routers are in the path', async () => {
    const web = await subject('affine', '50%, pause', { replicas: 4, service: { sessionAffinity: 'ClientIP' } })
    await web.ship({ version: 'v2' })
    await web.until('the pause', paused)
    const bodies = await askOften(web.url, 20)
    const numbers = bodies.map(body => Number(/request (\d+)/.exec(body)?.[1]))
    assert.equal(new Set(bodies.map(body => body.split(' ')[0])).size, 1, bodies.join(''))
    const first = numbers[0] ?? 0
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => first + i),
      'one pod counts on',
    )
    await resume(web)
    await web.until('promotion', healthy)
    await web.untilServed()
  })

  const REFUSED: readonly {
    readonly name: string
    readonly service: Partial<Service['spec']>
    readonly says: RegExp
    readonly mend: object
  }[] = [
    {
      name: 'with externalTrafficPolicy Local',
      service: { type: 'NodePort', externalTrafficPolicy: 'Local' },
      says: /externalTrafficPolicy Local takes only endpoints on the node.*set it to Cluster/,
      mend: { externalTrafficPolicy: 'Cluster' },
    },
    {
      name: 'with internalTrafficPolicy Local',
      service: { internalTrafficPolicy: 'Local' },
      says: /internalTrafficPolicy Local takes only endpoints on the node.*set it to Cluster/,
      mend: { internalTrafficPolicy: 'Cluster' },
    },
  ]
  for (const [i, { name, service, says, mend }] of REFUSED.entries())
    test(`${name} is refused with the reason, all traffic stays on the stable version, and goes on once it is mended`, async () => {
      const web = await subject(`local-${i}`, '50%, 1s', { service })
      const traffic = startTraffic(web.url, RATE)
      await web.ship({ version: 'v2' })
      const { message } = await web.until('the refusal', refused)
      assert.match(message ?? '', says)
      assert.deepEqual(await web.sizes(), { v1: 2 })
      assert.ok(traffic.answers.every(({ version }) => version === 'v1'))
      await change(web.name, mend)
      await web.until('promotion', healthy)
      await web.untilServed()
      await assertServed(traffic, 'v2')
    })

  test('that is headless is refused with the ways out, and left alone once it is not named', async () => {
    const web = await subject('headless', '50%, 1s')
    await create({
      ...aService(web.wanted),
      metadata: { name: 'headless-peers', namespace: lab.namespace },
      spec: { ...aService(web.wanted).spec, clusterIP: 'None' },
    })
    await web.ship({ version: 'v2' })
    const { message } = await web.until('the refusal', refused)
    assert.match(message ?? '', /headless-peers .*it is headless.*sluice\.dev\/router: none.*sluice\.dev\/services/)
    await web.patch({ metadata: { annotations: { 'sluice.dev/services': 'headless' } } })
    await web.until('promotion', healthy)
    await web.untilServed()
    assert.deepEqual((await read('headless-peers')).spec.selector, { app: 'headless' })
  })

  test('that selects the pods of another workload too is refused by name of the pod', async () => {
    const web = await subject('shared', '50%, 1s')
    const labels = { app: 'shared' }
    await lab.kubectl('run', 'stranger', `--labels=app=shared`, '--image=sluice.dev/idle', '--command', '--', 'sleep', '100000')
    await waitFor({ what: 'the stranger among the endpoints' }, async () =>
      (await slicesOf('shared')).some(({ endpoints }) => endpoints?.some(({ targetRef }) => targetRef?.name === 'stranger')),
    )
    assert.deepEqual((await web.service()).spec.selector, labels)
    await web.ship({ version: 'v2' })
    const { message } = await web.until('the refusal', refused)
    assert.match(message ?? '', /also selects pod stranger, which this Deployment does not own/)
    await lab.kubectl('delete', 'pod', 'stranger', '--now')
    await web.until('promotion', healthy)
    await web.untilServed()
  })

  test('whose pods a NetworkPolicy closes to routers is not entered until the policy lets them in', async () => {
    const web = await subject('closed', '50%, 1s')
    const podSelector = { matchLabels: { app: 'closed' } }
    const policy: KubeObject & { readonly spec: object } = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'closed', namespace: lab.namespace },
      spec: { podSelector, ingress: [{ from: [{ podSelector: {} }] }] },
    }
    await lab.client.create(NETWORK_POLICIES, policy)
    await web.ship({ version: 'v2' })
    const { message } = await web.until('the refusal', refused)
    assert.match(
      message ?? '',
      new RegExp(
        `NetworkPolicy closed of namespace ${lab.namespace} lets no router reach its pods on port 8080; add an ingress rule`,
      ),
    )
    assert.deepEqual(await web.sizes(), { v1: 2 })
    const ingress = [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'sluice-system' } } }] }]
    await lab.client.patch(NETWORK_POLICIES, ref('closed'), 'merge', { spec: { ingress } })
    await web.until('promotion', healthy)
    await web.untilServed()
  })
})
