/** Cases about creating, replacing and refusing objects. */
import assert from 'node:assert/strict'
import { CONFIG_MAPS, DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, SERVICES } from '../../../kube/resources.ts'
import { objectOf } from '../json.ts'
import { type ConformanceCase, configMap, deployment, type Loose, look, lookAll, object, refused } from './context.ts'

const path = (namespace: string, name = '') => `/api/v1/namespaces/${namespace}/configmaps${name && `/${name}`}`

export const WRITE_CASES: readonly ConformanceCase[] = [
  {
    name: 'a new object gets a uid, a version, a time and a generation, and loses the status that it came with',
    run: async context => {
      const made = await context.client.create<Loose>(DEPLOYMENTS, { ...deployment(context, 'web'), status: { replicas: 7 } })
      assert.match(made.metadata.uid ?? '', /^[0-9a-f-]{36}$/)
      assert.match(made.metadata.resourceVersion ?? '', /^\d+$/)
      assert.match(made.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.equal(made.metadata.generation, 1)
      assert.equal(look(made, 'status.replicas'), undefined)
    },
  },
  {
    name: 'generateName makes a new name each time',
    run: async context => {
      const unnamed = object('v1', 'ConfigMap', { generateName: 'made-', namespace: context.namespace })
      const [one, two] = [
        await context.client.create<Loose>(CONFIG_MAPS, unnamed),
        await context.client.create<Loose>(CONFIG_MAPS, unnamed),
      ]
      assert.match(one.metadata.name, /^made-[a-z0-9]{5}$/)
      assert.notEqual(one.metadata.name, two.metadata.name)
    },
  },
  {
    name: 'a name that is taken is refused with AlreadyExists, one that is missing with NotFound',
    run: async context => {
      await context.client.create(CONFIG_MAPS, configMap(context, 'one'))
      await refused(context.client.create(CONFIG_MAPS, configMap(context, 'one')), {
        status: 409,
        reason: 'AlreadyExists',
        message: 'configmaps "one" already exists',
      })
      await refused(context.client.get(CONFIG_MAPS, { namespace: context.namespace, name: 'two' }), {
        status: 404,
        reason: 'NotFound',
        message: 'configmaps "two" not found',
      })
    },
  },
  {
    name: 'nothing can be created in a namespace that does not exist',
    run: async context => {
      const namespace = `missing-${context.unique}`
      await refused(context.client.create(CONFIG_MAPS, object('v1', 'ConfigMap', { name: 'one', namespace })), {
        status: 404,
        message: `namespaces "${namespace}" not found`,
      })
    },
  },
  {
    name: 'a replacement from an old version is a conflict and changes nothing',
    run: async context => {
      const made = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'one', { data: { a: '1' } }))
      await context.client.raw('PUT', path(context.namespace, 'one'), { ...made, data: { a: '2' } })
      await refused(context.client.raw('PUT', path(context.namespace, 'one'), { ...made, data: { a: '3' } }), {
        status: 409,
        reason: 'Conflict',
        message:
          /^Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again$/,
      })
      const now = await context.client.get<Loose>(CONFIG_MAPS, { namespace: context.namespace, name: 'one' })
      assert.equal(look(now, 'data.a'), '2')
    },
  },
  {
    name: 'a patch that names an old version is a conflict, one that names none is not',
    run: async context => {
      const made = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'one'))
      const ref = { namespace: context.namespace, name: 'one' }
      await context.client.patch(CONFIG_MAPS, ref, 'merge', { data: { a: '1' } })
      await refused(
        context.client.patch(CONFIG_MAPS, ref, 'merge', {
          metadata: { resourceVersion: made.metadata.resourceVersion },
          data: { a: '2' },
        }),
        { status: 409, reason: 'Conflict' },
      )
      const now = await context.client.patch<Loose>(CONFIG_MAPS, ref, 'merge', { data: { b: '2' } })
      assert.deepEqual(look(now, 'data'), { a: '1', b: '2' })
    },
  },
  {
    name: 'many patches at once all arrive',
    run: async context => {
      await context.client.create(CONFIG_MAPS, configMap(context, 'one'))
      const ref = { namespace: context.namespace, name: 'one' }
      const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
      await Promise.all(keys.map(key => context.client.patch(CONFIG_MAPS, ref, 'merge', { data: { [key]: 'x' } })))
      const now = await context.client.get<Loose>(CONFIG_MAPS, ref)
      assert.deepEqual(Object.keys(objectOf(look(now, 'data'))).sort(), [...keys].sort())
    },
  },
  {
    name: 'a write that changes nothing makes no new version',
    run: async context => {
      const made = await context.client.create<Loose>(CONFIG_MAPS, configMap(context, 'one', { data: { a: '1' } }))
      const same = await context.client.patch<Loose>(CONFIG_MAPS, { namespace: context.namespace, name: 'one' }, 'merge', {
        data: { a: '1' },
      })
      assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion)
    },
  },
  {
    name: 'a dry run answers what would be, and stores nothing',
    run: async context => {
      const answer = (await context.client.raw(
        'POST',
        `/apis/apps/v1/namespaces/${context.namespace}/deployments?dryRun=All`,
        deployment(context, 'web'),
      )) as Loose
      assert.equal(look(answer, 'spec.progressDeadlineSeconds'), 600)
      await refused(context.client.get(DEPLOYMENTS, { namespace: context.namespace, name: 'web' }), { status: 404 })
    },
  },
  {
    name: 'strict field validation refuses a field that the kind does not have',
    run: async context => {
      const body = deployment(context, 'web', { replicsa: 3 })
      await refused(
        context.client.raw('POST', `/apis/apps/v1/namespaces/${context.namespace}/deployments?fieldValidation=Strict`, body),
        {
          status: 400,
          reason: 'BadRequest',
          message: /strict decoding error: unknown field "spec\.replicsa"/,
        },
      )
    },
  },
  {
    name: 'a value of a wrong type is refused as a bad request',
    run: async context => {
      const broken = deployment(context, 'web', { replicas: 'three' })
      await refused(context.client.create(DEPLOYMENTS, broken), {
        status: 400,
        message: /cannot be handled as a Deployment.*replicas/,
      })
    },
  },
  {
    name: 'the kind and the namespace of a body must be those of the path',
    run: async context => {
      await refused(context.client.raw('POST', path(context.namespace), object('v1', 'Secret', { name: 'one' })), { status: 400 })
      await refused(
        context.client.raw('POST', path(context.namespace), object('v1', 'ConfigMap', { name: 'one', namespace: 'other' })),
        { status: 400, message: /namespace/ },
      )
    },
  },
  {
    name: 'a Deployment gets the defaults of Kubernetes',
    run: async context => {
      const made = await context.client.create<Loose>(DEPLOYMENTS, deployment(context, 'web', { replicas: undefined }))
      assert.deepEqual(look(made, 'spec.strategy'), {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      })
      assert.deepEqual(
        ['replicas', 'revisionHistoryLimit', 'progressDeadlineSeconds'].map(field => look(made, `spec.${field}`)),
        [1, 10, 600],
      )
      const [container] = lookAll(made, 'spec.template.spec.containers')
      assert.deepEqual(look(container, 'ports'), [{ containerPort: 80, protocol: 'TCP' }])
      assert.deepEqual(
        [look(container, 'imagePullPolicy'), look(container, 'terminationMessagePolicy')],
        ['IfNotPresent', 'File'],
      )
      assert.deepEqual(
        [look(made, 'spec.template.spec.restartPolicy'), look(made, 'spec.template.spec.terminationGracePeriodSeconds')],
        ['Always', 30],
      )
    },
  },
  {
    name: 'a Deployment that cannot be is refused with the field and the reason',
    run: async context => {
      const create = (spec: object) => context.client.create(DEPLOYMENTS, deployment(context, 'web', spec))
      await refused(create({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }), {
        status: 422,
        reason: 'Invalid',
        message: `Deployment.apps "web" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy \`type\` is 'Recreate'`,
      })
      await refused(create({ replicas: -1 }), {
        status: 422,
        message: 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      })
      await refused(create({ selector: { matchLabels: { app: 'other' } } }), {
        status: 422,
        message: /spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`/,
      })
      await refused(create({ minReadySeconds: 600 }), {
        status: 422,
        message: /spec\.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds/,
      })
    },
  },
  {
    name: 'the selector of a Deployment cannot be changed',
    run: async context => {
      await context.client.create(DEPLOYMENTS, deployment(context, 'web'))
      const labels = { app: 'other' }
      const patch = { spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } } }
      await refused(context.client.patch(DEPLOYMENTS, { namespace: context.namespace, name: 'web' }, 'merge', patch), {
        status: 422,
        message: /spec\.selector: Invalid value: .*: field is immutable/,
      })
    },
  },
  {
    name: 'a Service keeps its cluster address for life',
    run: async context => {
      const service = object(
        'v1',
        'Service',
        { name: 'web', namespace: context.namespace },
        { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } },
      )
      const made = await context.client.create<Loose>(SERVICES, service)
      const address = look(made, 'spec.clusterIP')
      assert.match(String(address), /^\d+\.\d+\.\d+\.\d+$/)
      assert.deepEqual(look(made, 'spec.ports'), [{ port: 80, protocol: 'TCP', targetPort: 80 }])
      const ref = { namespace: context.namespace, name: 'web' }
      await refused(
        context.client.patch(SERVICES, ref, 'merge', { spec: { clusterIP: '127.0.0.1', clusterIPs: ['127.0.0.1'] } }),
        { status: 422, message: /clusterIPs?/ },
      )
      const put = (await context.client.raw('PUT', `/api/v1/namespaces/${context.namespace}/services/web`, {
        ...service,
        spec: { ports: [{ port: 81 }] },
      })) as Loose
      assert.equal(look(put, 'spec.clusterIP'), address)
    },
  },
  {
    name: 'an EndpointSlice needs a type and addresses of that type',
    run: async context => {
      const slice = (body: object) =>
        object('discovery.k8s.io/v1', 'EndpointSlice', { name: 'web', namespace: context.namespace }, body)
      await refused(
        context.client.create(
          ENDPOINT_SLICES,
          slice({ addressType: 'IPv4', endpoints: [{ addresses: ['no-address'] }], ports: [] }),
        ),
        { status: 422, reason: 'Invalid' },
      )
      const made = await context.client.create<Loose>(
        ENDPOINT_SLICES,
        slice({ addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }], ports: [{ port: 80 }] }),
      )
      assert.deepEqual(look(made, 'ports'), [{ name: '', port: 80, protocol: 'TCP' }])
    },
  },
  {
    name: 'an object has at most one controlling owner',
    run: async context => {
      const owner = (uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid, controller: true })
      await refused(
        context.client.create(CONFIG_MAPS, configMap(context, 'one', {}, { ownerReferences: [owner('a'), owner('b')] })),
        { status: 422, message: /Only one reference can have Controller set to true/ },
      )
    },
  },
  {
    name: 'an event shows in both of its groups',
    run: async context => {
      const about = { kind: 'ConfigMap', namespace: context.namespace, name: 'one', apiVersion: 'v1' }
      const event = object(
        'v1',
        'Event',
        { name: 'one.1', namespace: context.namespace },
        { involvedObject: about, reason: 'Tried', message: 'a try', type: 'Normal' },
      )
      await context.client.create(EVENTS, event)
      const modern = (await context.client.raw(
        'GET',
        `/apis/events.k8s.io/v1/namespaces/${context.namespace}/events/one.1`,
      )) as Loose
      assert.deepEqual([look(modern, 'note'), look(modern, 'regarding.name')], ['a try', 'one'])
      const found = await context.client.list(EVENTS, {
        namespace: context.namespace,
        fieldSelector: 'involvedObject.name=one,type=Normal',
      })
      assert.equal(found.items.length, 1)
    },
  },
]
