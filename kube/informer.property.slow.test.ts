import { test } from 'node:test'
import fc from 'fast-check'
import { clientOver } from './http-client.ts'
import { type Fault, type HostileServer, startHostileServer } from './testing/hostile-server.ts'
import { makeRig } from './testing/informer-rig.ts'
import { transportTo } from './transport.ts'

type Step = (server: HostileServer) => void | Promise<void>

const names = fc.constantFrom('a', 'b', 'c', 'd', 'ä')
const watchFaults: readonly Fault[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 410 },
  { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
  { kind: 'reset' },
  { kind: 'silence' },
  { kind: 'mute' },
  { kind: 'error-event', code: 410 },
  { kind: 'error-event', code: 500 },
  { kind: 'half-line' },
  { kind: 'bad-line' },
  { kind: 'empty' },
  { kind: 'duplicates' },
]
const listFaults: readonly Fault[] = [{ kind: 'status', status: 503 }, { kind: 'reset' }, { kind: 'silence' }]

/** Steps print as what they do, so that a failing case can be read. */
const step = (name: string, run: Step): Step => Object.assign(run, { [fc.toStringMethod]: () => name })

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(names, fc.nat(99)).map(([name, n]) => step(`put ${name}`, server => server.put(name, String(n)))),
  },
  { weight: 3, arbitrary: names.map(name => step(`remove ${name}`, server => server.remove(name))) },
  {
    weight: 2,
    arbitrary: names.map(name => step(`remake ${name}`, server => [server.remove(name), server.put(name, 'new')].at(-1))),
  },
  { weight: 1, arbitrary: fc.constant(step('compact', server => server.compact())) },
  { weight: 1, arbitrary: fc.constant(step('bookmark', server => server.bookmark())) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('end' as const, 'reset' as const, 'half-line' as const)
      .map(how => step(`cut ${how}`, server => server.cutWatches(how))),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...watchFaults)
      .map(fault => step(`watch ${JSON.stringify(fault)}`, server => server.fail('watch', fault))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...listFaults)
      .map(fault => step(`list ${JSON.stringify(fault)}`, server => server.fail('list', fault))),
  },
  { weight: 1, arbitrary: fc.constantFrom(1, 3, 1_000_000).map(bytes => step(`chop ${bytes}`, server => server.chop(bytes))) },
  {
    weight: 4,
    arbitrary: fc.nat(12).map(ms => step(`wait ${ms}`, () => new Promise<void>(resolve => setTimeout(resolve, ms)))),
  },
)

test('whatever changes and whatever fails, the copy ends up equal to the server over one watch', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async all => {
      const server = await startHostileServer()
      const transport = transportTo({ server: server.url, read: async () => ({ headers: {}, tls: {} }) })
      const rig = makeRig(server, {
        client: clientOver(transport, { requestTimeoutMs: 50 }),
        timing: { backoffBaseMs: 2, backoffCapMs: 10, idleMs: 60, pageSize: 2 },
      })
      try {
        for (const run of all) await run(server)
        // What is left of the faults strikes one after the other: each needs a watch to end.
        while (server.faultsLeft() > 0) {
          server.cutWatches('reset')
          await new Promise(resolve => setTimeout(resolve, 5))
          if (server.listFaultsLeft() > 0) server.compact()
        }
        await rig.settled()
      } finally {
        await rig.close()
        await transport.close()
        await server.close()
      }
    }),
    { numRuns: 20 },
  )
})
