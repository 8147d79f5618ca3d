import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodTemplate, ReplicaSet } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import type { Rollout } from '../../api/rollout.ts'
import { templateHash } from '../../api/template.ts'
import { cleanUpHistory } from './history.ts'
import { REVISION, WRITTEN_TEMPLATE } from './names.ts'
import { sameRolloutTemplate, tolerantTemplate } from './template.ts'
import { hashOf, isRollbackWithinWindow, newRevision, readVersions } from './versions.ts'

const templateOf = (image: string): PodTemplate => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
})

const rolloutOf = (image: string, status: Rollout['status'] = {}, more: Partial<Rollout['spec']> = {}): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: templateOf(image), strategy: { canary: {} }, ...more },
  status,
})

/** `hour`: of its creation, which is its revision too. */
const setOf = (image: string, hour: number, more: { readonly hash?: string; readonly replicas?: number } = {}): ReplicaSet => {
  const template = templateOf(image)
  const hash = more.hash ?? argoPodTemplateHash(template)
  const labels = { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${hash}`,
      uid: `uid-${hash}`,
      labels,
      creationTimestamp: `2026-01-01T${String(hour).padStart(2, '0')}:00:00Z`,
      annotations: { [REVISION]: String(hour) },
    },
    spec: {
      replicas: more.replicas ?? 0,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels } },
    },
  }
}

test('a version that another release of Argo Rollouts made under another hash is adopted by its template', () => {
  const foreign = setOf('v1', 1, { hash: 'otherhash' })
  const versions = readVersions(rolloutOf('v1', { stableRS: 'otherhash' }), [foreign])
  assert.equal(versions.current, foreign)
  assert.equal(versions.stable, foreign)
  assert.equal(versions.hash, 'otherhash')
})

test('what the API server filled into a ReplicaSet makes no new version', () => {
  const filled: PodTemplate = {
    metadata: { labels: { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: 'x' } },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'web:1',
          imagePullPolicy: 'IfNotPresent',
          resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          readinessProbe: {
            httpGet: { path: '/', port: 80, scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      serviceAccountName: 'web',
      serviceAccount: 'web',
    },
  }
  const written: PodTemplate = {
    metadata: { labels: { app: 'web' } },
    spec: {
      serviceAccountName: 'web',
      containers: [
        {
          name: 'web',
          image: 'web:1',
          resources: { limits: { cpu: '1000m' } },
          ports: [{ containerPort: 80 }],
          readinessProbe: { httpGet: { path: '/', port: 80 } },
        },
      ],
    },
  }
  assert.ok(sameRolloutTemplate(filled, written))
  const other = (change: object): PodTemplate => ({ ...written, spec: { ...written.spec, ...change } })
  assert.ok(!sameRolloutTemplate(filled, other({ terminationGracePeriodSeconds: 31 })))
  assert.ok(!sameRolloutTemplate(filled, other({ serviceAccountName: 'other' })))
})

test('a hash that another template has is salted', () => {
  const base = argoPodTemplateHash(templateOf('v2'))
  const made = setOf('v1', 1, { hash: base })
  const note = { [WRITTEN_TEMPLATE]: templateHash(templateOf('v1')) }
  const taken = { ...made, metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, ...note } } }
  const { current, hash, collisionCount } = readVersions(rolloutOf('v2'), [taken])
  assert.equal(current, undefined)
  assert.equal(collisionCount, 1)
  assert.equal(hash, argoPodTemplateHash(templateOf('v2'), 1))
})

test('the newest version has the highest revision, also one that comes back', () => {
  const sets = [setOf('v1', 1), setOf('v2', 2), setOf('v3', 3)]
  const stableRS = hashOf(sets[2] as ReplicaSet)
  assert.equal(newRevision(readVersions(rolloutOf('v4', { stableRS }), sets)), 4)
  assert.equal(newRevision(readVersions(rolloutOf('v1', { stableRS }), sets)), 4)
  assert.equal(newRevision(readVersions(rolloutOf('v3', { stableRS }), sets)), 3)
  assert.equal(newRevision(readVersions(rolloutOf('v1'), [])), 1)
})

test('a rollback is within the window while fewer versions than that lie between', () => {
  const sets = [setOf('v1', 1), setOf('v2', 2), setOf('v3', 3), setOf('v4', 4)]
  const stableRS = hashOf(sets[3] as ReplicaSet)
  const back = (image: string, revisions?: number) => {
    const rollout = rolloutOf(image, { stableRS }, revisions === undefined ? {} : { rollbackWindow: { revisions } })
    return isRollbackWithinWindow(rollout, readVersions(rollout, sets))
  }
  assert.deepEqual([back('v3', 1), back('v2', 1), back('v2', 2), back('v1', 2), back('v1', 3)], [true, false, true, false, true])
  assert.equal(back('v3'), false)
  assert.equal(back('v5', 3), false)
})

test('old ReplicaSets beyond the limit go, the oldest first, but none with pods', () => {
  const older = [setOf('v4', 4), setOf('v3', 3, { replicas: 1 }), setOf('v2', 2), setOf('v1', 1)]
  const gone = (limit?: number) => cleanUpHistory(older, limit).map(intent => ('name' in intent ? intent.name : ''))
  assert.deepEqual(gone(), [])
  assert.deepEqual(gone(2), [older[2]?.metadata.name, older[3]?.metadata.name])
  assert.deepEqual(gone(0), [older[0]?.metadata.name, older[2]?.metadata.name, older[3]?.metadata.name])
})

test('a malformed quantity is left out, and the rest of the template stays', () => {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [{ name: 'web', resources: { limits: { cpu: 'invalid', memory: '1Gi' } } }],
      ephemeralContainers: [{ name: 'debug', resources: { requests: { cpu: 'invalid' } } }],
    },
  }
  assert.deepEqual(tolerantTemplate(template), {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', resources: { limits: { memory: '1Gi' } } }] },
  })
})
