import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../kube/clock.ts'
import type { ToWorker } from './protocol.ts'
import { Questions } from './questions.ts'

const worker = () => {
  const heard: ToWorker[] = []
  return { heard, send: (message: ToWorker) => void heard.push(message) }
}
const isDone = async (asked: Promise<void>): Promise<boolean> => {
  let done = false
  void asked.then(() => {
    done = true
  })
  await new Promise(resolve => setImmediate(resolve))
  return done
}

test('a question is answered when all have answered, or are gone', async () => {
  const questions = new Questions(systemClock)
  const [one, two, three] = [worker(), worker(), worker()]
  const asked = questions.ask([one, two, three])
  assert.deepEqual(one.heard, [{ do: 'report', question: 1 }])
  questions.answered(one, 1)
  questions.left(two)
  assert.equal(await isDone(asked), false)
  questions.answered(three, 1)
  assert.equal(await isDone(asked), true)
})

test('an answer to another question does not count', async () => {
  const questions = new Questions(systemClock)
  const one = worker()
  const [first, second] = [questions.ask([one]), questions.ask([one])]
  questions.answered(one, 2)
  assert.deepEqual([await isDone(first), await isDone(second)], [false, true])
  questions.answered(one, 1)
})

test('nobody is waited for longer than a second', async () => {
  const timers: (() => void)[] = []
  const clock: Clock = {
    now: () => 0,
    setTimeout: (callback, ms) => {
      assert.equal(ms, 1_000)
      timers.push(callback)
      return { cancel: () => {} }
    },
  }
  const questions = new Questions(clock)
  const asked = questions.ask([worker()])
  assert.equal(await isDone(asked), false)
  for (const timer of timers) timer()
  assert.equal(await isDone(asked), true)
})

test('without workers there is nothing to wait for', async () => {
  assert.equal(await isDone(new Questions(systemClock).ask([])), true)
})
