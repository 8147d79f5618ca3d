/** How long a new connection takes to its first byte, one Service beside another. */
import { get } from 'node:http'
import { untilAnswered } from '../cluster/subject.ts'

const ROUNDS = 300

const once = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    get(url, { agent: false, headers: { connection: 'close' } }, response => {
      response.once('data', () => resolve(performance.now() - began))
      response.resume()
    }).on('error', reject)
  })

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/** Median of `url` over that of `other`, asked in turns so that what else the machine does falls on both. */
export const measureFirstByte = async (url: string, other: string): Promise<number> => {
  const ours: number[] = []
  const theirs: number[] = []
  for (const each of [url, other]) await untilAnswered(each)
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await once(url))
    theirs.push(await once(other))
  }
  return Math.round((median(ours) / median(theirs)) * 100) / 100
}
