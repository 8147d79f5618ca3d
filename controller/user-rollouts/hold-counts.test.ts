import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { RolloutIntent } from '../../engine/rollout/intents.ts'
import { makeHold } from './hold-counts.ts'

const condition = (status: 'True' | 'False', reason: string) => ({ type: 'Progressing', status, reason, message: reason })

const BEFORE: RolloutStatus = { replicas: 2, phase: 'Progressing', conditions: [condition('True', 'ReplicaSetUpdated')] }

const reported = (status: RolloutStatus): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1' },
  spec: { strategy: { canary: {} } },
  status,
})

const setUp = () => {
  let now = 0
  const hold = makeHold(() => now)
  return {
    wait: (ms: number) => {
      now += ms
    },
    holdMs: (change: RolloutStatus, intents: readonly RolloutIntent[] = []) =>
      hold({ rollout: reported(BEFORE), status: { ...BEFORE, ...change }, intents }),
  }
}

test('counts are held for a second from their first change on, whatever they change to meanwhile', () => {
  const { holdMs, wait } = setUp()
  assert.equal(holdMs({ replicas: 3 }), 1000)
  wait(600)
  assert.equal(holdMs({ replicas: 3, readyReplicas: 1, conditions: [condition('True', 'NewReplicaSetCreated')] }), 400)
  wait(400)
  assert.equal(holdMs({ replicas: 3, readyReplicas: 1 }), 0)
  assert.equal(holdMs({ replicas: 4 }), 1000)
})

test('counts that come back to what is reported need no report, and the next change has its whole second', () => {
  const { holdMs, wait } = setUp()
  assert.equal(holdMs({ replicas: 3 }), 1000)
  wait(900)
  assert.equal(holdMs({}), 0)
  assert.equal(holdMs({ replicas: 3 }), 1000)
})

test('a phase, a step or the truth of a condition goes out at once and takes the counts along', () => {
  const changes: readonly RolloutStatus[] = [
    { phase: 'Paused' },
    { currentStepIndex: 1 },
    { conditions: [condition('False', 'ProgressDeadlineExceeded')] },
    { conditions: [...(BEFORE.conditions ?? []), { ...condition('True', 'RolloutHealthy'), type: 'Healthy' }] },
  ]
  for (const change of changes) assert.equal(setUp().holdMs({ replicas: 3, ...change }), 0, JSON.stringify(change))
})

test('a new size alone holds its counts; what else is done or told goes with its report', () => {
  const scale: RolloutIntent = { kind: 'scale', replicaSet: 'web-1', from: 1, to: 2, why: 'more' }
  const told = (reason: string): RolloutIntent => ({ kind: 'event', type: 'Normal', reason, message: 'text' })
  assert.equal(setUp().holdMs({ replicas: 3 }, [scale, told('ScalingReplicaSet')]), 1000)
  assert.equal(setUp().holdMs({ replicas: 3 }, [told('RolloutPaused')]), 0)
  assert.equal(setUp().holdMs({ replicas: 3 }, [{ kind: 'patchRollout', patch: {}, why: 'a note' }]), 0)
})
