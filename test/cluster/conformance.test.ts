/** The API itself: the cases that the in-process server is held to (cluster/api/conformance), on the cluster of the lab. */
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { CONFORMANCE_CASES, runConformanceCase } from '../../cluster/api/conformance.ts'
import { type Lab, startLab } from './lab.ts'

describe('the API server', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.stop())

  // Making a server forget its history has no request of its own; the in-process server's own tests do that.
  for (const one of CONFORMANCE_CASES.filter(({ needsForgetting }) => needsForgetting !== true)) {
    test(one.name, () => runConformanceCase(one, { client: lab.client, unique: randomBytes(4).toString('hex') }))
  }
})
