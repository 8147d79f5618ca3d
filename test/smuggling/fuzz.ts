/**
 * Random requests through both lanes, in front of every server that is installed, until the time is up:
 * node test/smuggling/fuzz.ts [--seconds N] [--seed N]. Ends with 1 and the bytes when a pod saw what the router did not.
 */
import { parseArgs } from 'node:util'
import { findDifferences, findSmuggled, passThrough } from './agree.ts'
import { WITNESSES, type WitnessPod } from './pods.ts'
import { randomCases } from './random.ts'

const AT_ONCE = 400
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } })
const end = performance.now() + Number(values.seconds) * 1000
let seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))

const tryOnce = async (pod: WitnessPod): Promise<{ readonly wrong: readonly string[]; readonly seen: number }> => {
  const cases = randomCases(seed, AT_ONCE)
  const fast = await passThrough(pod, cases, { fastLane: true, size: 0 })
  const general = await passThrough(pod, cases, { fastLane: false, size: 0 })
  const wrong = [...findSmuggled(fast, cases), ...findSmuggled(general, cases), ...findDifferences(fast, general, cases)]
  return { wrong, seen: fast.seen.length }
}

const pods: { readonly name: string; readonly pod: WitnessPod }[] = []
for (const [name, start] of Object.entries(WITNESSES)) {
  const pod = await start()
  if (pod) pods.push({ name, pod })
  else console.log(`${name} is not installed: left out`)
}
let tried = 0
let wrongs = 0
while (performance.now() < end && wrongs === 0) {
  for (const { name, pod } of pods) {
    const { wrong, seen } = await tryOnce(pod)
    tried += AT_ONCE
    wrongs += wrong.length
    console.log(
      `seed ${seed}, ${name}: ${AT_ONCE} requests through each lane, ${seen} passed on by the fast lane, ${wrong.length} wrong`,
    )
    for (const line of wrong) console.log(`  ${line}`)
  }
  seed += 1
}
for (const { pod } of pods) await pod.close()
console.log(JSON.stringify({ requests: tried, wrong: wrongs }))
process.exit(wrongs > 0 ? 1 : 0)
