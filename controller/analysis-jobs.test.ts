import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../analysis/providers/job.ts'
import type { KubeClient } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import { makeJobSource } from './analysis-jobs.ts'

const job = (uid = 'u1'): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'u1.m.1',
    namespace: 'shop',
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', name: 'web-1', uid, controller: true }],
  },
  spec: {},
})

const refuse = (status: number, reason: string, message: string) => async (): Promise<never> => {
  throw new ApiError({ status, reason, message })
}
const source = (client: Partial<KubeClient>) => makeJobSource(client as KubeClient)
const taken = refuse(409, 'AlreadyExists', 'jobs.batch "u1.m.1" already exists')

test('a Job that this run made before the controller died is taken as made, another one’s is not', async () => {
  await source({ create: taken, get: async () => job() as never }).create(job())
  await assert.rejects(source({ create: taken, get: async () => job('u2') as never }).create(job()), {
    message: 'job create u1.m.1: jobs.batch "u1.m.1" already exists',
  })
})

test('what the API server says of a wrong Job is said, and where the right can be given', async () => {
  await assert.rejects(
    source({ create: refuse(422, 'Invalid', 'spec.template.spec.restartPolicy: Required value') }).create(job()),
    {
      message: 'job create u1.m.1: spec.template.spec.restartPolicy: Required value',
    },
  )
  await assert.rejects(source({ create: refuse(403, 'Forbidden', 'no') }).create(job()), /analysis\.runJobs/)
})

test('one that is gone is undefined, and deleting it is nothing', async () => {
  const gone = refuse(404, 'NotFound', 'not found')
  assert.equal(await source({ get: gone }).get('shop', 'u1.m.1'), undefined)
  await source({ delete: gone }).delete('shop', 'u1.m.1')
})

test('an image that cannot be had is found among its pods; one that is being fetched is none', async () => {
  const withReason = (reason: string, message?: string) =>
    source({
      list: async (_, options) => {
        assert.deepEqual(options, { namespace: 'shop', labelSelector: 'job-name=u1.m.1' })
        const state = { waiting: { reason, ...(message !== undefined && { message }) } }
        return {
          metadata: { resourceVersion: '1' },
          items: [{ status: { containerStatuses: [{ image: 'x:1', state }] } }] as never[],
        }
      },
    }).badImage('shop', 'u1.m.1')
  assert.equal(await withReason('ImagePullBackOff', 'Back-off pulling image "x:1"'), 'Back-off pulling image "x:1"')
  assert.equal(await withReason('InvalidImageName'), 'InvalidImageName: x:1')
  assert.equal(await withReason('ContainerCreating'), undefined)
  assert.equal(await withReason('ErrImagePull'), undefined)
})
