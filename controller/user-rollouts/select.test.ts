/** Whose a Rollout is, and whose the Deployment or the Services of its name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { Caches } from '../caches.ts'
import { findUsersOwn, isDeploymentOurs, isOurRollout } from './select.ts'

const LABEL = 'argo-rollouts.argoproj.io/controller-instance-id'

const aRollout = (id?: string, isOfDeployment = false): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: {
    name: 'web',
    namespace: 'shop',
    ...(id !== undefined && { labels: { [LABEL]: id } }),
    ...(isOfDeployment && {
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u', controller: true }],
    }),
  },
  spec: { strategy: { canary: {} } },
})

const aDeployment = (annotations: { [key: string]: string } = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', annotations },
  spec: { selector: {}, template: { spec: { containers: [] } } },
})

const MARKED = aDeployment({ 'sluice.dev/strategy': 'canary' })

const caches = (rollout?: Rollout, deployment?: Deployment) =>
  ({ rollouts: { get: () => rollout }, deployments: { get: () => deployment } }) as unknown as Caches

test('a Rollout of a user is for the controller whose instance id it carries, or for the one without', () => {
  const rows: readonly (readonly [label: string | undefined, id: string | undefined, isOurs: boolean])[] = [
    [undefined, undefined, true],
    ['team-a', undefined, false],
    ['team-a', 'team-a', true],
    ['team-b', 'team-a', false],
    [undefined, 'team-a', false],
  ]
  for (const [label, instanceId, isOurs] of rows) {
    const scope = { userRollouts: true, instanceId }
    assert.equal(isOurRollout(aRollout(label), scope), isOurs, `${label} and ${instanceId}`)
    assert.equal(findUsersOwn(caches(aRollout(label)), scope, 'shop', 'web') !== undefined, isOurs)
    assert.equal(findUsersOwn(caches(aRollout(label)), { ...scope, userRollouts: false }, 'shop', 'web'), undefined)
  }
})

test('the note of an annotated Deployment is for the controller without an instance id', () => {
  const note = aRollout('sluice', true)
  assert.equal(isOurRollout(note, { userRollouts: false }), true)
  assert.equal(isOurRollout(note, { userRollouts: true, instanceId: 'team-a' }), false)
})

test('Services of a Rollout of another controller are not given back, those of one that is gone are', () => {
  const rows: readonly (readonly [what: string, found: Caches, instanceId: string | undefined, isOurs: boolean])[] = [
    ['an annotated Deployment', caches(aRollout('sluice', true), MARKED), undefined, true],
    ['the same, with an instance id', caches(aRollout('sluice', true), MARKED), 'team-a', false],
    ['nothing is there any more', caches(), undefined, true],
    ['nothing is there any more, with an instance id', caches(), 'team-a', true],
    ['a Rollout of another', caches(aRollout('team-a')), undefined, false],
    ['a Rollout of another, with an instance id', caches(aRollout('team-b')), 'team-a', false],
    ['a Rollout of another beside an annotated Deployment', caches(aRollout('team-a'), MARKED), undefined, true],
    ['a Deployment of nobody', caches(undefined, aDeployment()), 'team-a', false],
  ]
  for (const [what, found, instanceId, isOurs] of rows)
    assert.equal(isDeploymentOurs(found, { userRollouts: true, instanceId }, 'shop', 'web'), isOurs, what)
})
