/** The tests that are made for each server in the place of a pod. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { findDifferences, findSmuggled, isHttp, passThrough } from './agree.ts'
import { makeCases } from './corpus.ts'
import { WITNESSES } from './pods.ts'
import { randomCases } from './random.ts'

const NONE: readonly string[] = []
const corpus = makeCases().filter(isHttp)
const random = randomCases(1, 400)
const RUNS = [
  { what: `${corpus.length} requests`, cases: corpus, size: 0 },
  { what: `${corpus.length} requests in pieces of 7 bytes`, cases: corpus, size: 7 },
  { what: `${random.length} random requests`, cases: random, size: 0 },
] as const

export const testInFrontOf = (name: keyof typeof WITNESSES): void => {
  void describe(`in front of ${name}`, async () => {
    const pod = await WITNESSES[name]?.()
    after(() => pod?.close())
    const skip = pod ? false : `${name} is not installed`
    for (const { what, cases, size } of RUNS) {
      test(`both lanes read ${what} as it does`, { skip }, async () => {
        if (!pod) return
        const fast = await passThrough(pod, cases, { fastLane: true, size })
        const general = await passThrough(pod, cases, { fastLane: false, size })
        for (const passed of [fast, general]) {
          assert.deepEqual(findSmuggled(passed, cases), NONE)
          assert.ok(passed.seen.length > cases.length / 8, `only ${passed.seen.length} were passed on: this tests nothing`)
        }
        assert.deepEqual(findDifferences(fast, general, cases), NONE)
      })
    }
  })
}
