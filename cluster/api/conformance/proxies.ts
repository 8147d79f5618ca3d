/** Cases about `pods/proxy` as far as they need no running pod; cluster.slow.test.ts has the others. */
import assert from 'node:assert/strict'
import { PODS } from '../../../kube/resources.ts'
import { type ConformanceCase, type ConformanceContext, lookAll, object, refused } from './context.ts'

const proxyOf = ({ namespace }: ConformanceContext, id: string) => `/api/v1/namespaces/${namespace}/pods/${id}/proxy/`

/** A pod that never gets a node, so it never gets an address. */
const unscheduled = ({ namespace }: ConformanceContext, name: string) =>
  object(
    'v1',
    'Pod',
    { name, namespace },
    { spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'example.test/app:1' }] } },
  )

export const PROXY_CASES: readonly ConformanceCase[] = [
  {
    name: 'discovery lists the proxy of pods with the verbs that its methods stand for',
    run: async context => {
      const row = lookAll(await context.client.raw('GET', '/api/v1'), 'resources').find(({ name }) => name === 'pods/proxy')
      assert.deepEqual(row, {
        name: 'pods/proxy',
        singularName: '',
        namespaced: true,
        kind: 'PodProxyOptions',
        verbs: ['create', 'delete', 'get', 'patch', 'update'],
      })
    },
  },
  {
    name: 'a request to a pod that is not there, or to what names no pod, is refused',
    run: async context => {
      const missing = { status: 404, reason: 'NotFound', message: 'pods "gone" not found' }
      await refused(context.client.raw('GET', proxyOf(context, 'gone')), missing)
      await refused(context.client.raw('POST', proxyOf(context, 'https:gone:8443'), {}), missing)
      for (const id of ['ftp:gone:21', 'http:gone:80:'])
        await refused(context.client.raw('GET', proxyOf(context, id)), {
          status: 400,
          reason: 'BadRequest',
          message: `invalid pod request ${JSON.stringify(id)}`,
        })
    },
  },
  {
    name: 'a request to a pod that has no address yet is refused',
    run: async context => {
      await context.client.create(PODS, unscheduled(context, 'waiting'))
      await refused(context.client.raw('GET', proxyOf(context, 'waiting:80')), {
        status: 400,
        reason: 'BadRequest',
        message: 'address not allowed',
      })
      await context.client.delete(PODS, { namespace: context.namespace, name: 'waiting' })
    },
  },
]
