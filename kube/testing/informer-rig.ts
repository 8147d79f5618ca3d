/** An informer on a hostile server, with what its handlers were told kept beside it. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { clientOver } from '../http-client.ts'
import { type Informer, type InformerOptions, startInformer, withoutBookkeeping } from '../informer.ts'
import { silentLogger } from '../log.ts'
import { CONFIG_MAPS } from '../resources.ts'
import { type HttpTransport, transportTo } from '../transport.ts'
import type { Item } from './collection.ts'
import type { HostileServer } from './hostile-server.ts'
import { until } from './until.ts'

export type Rig = {
  readonly informer: Informer<Item>
  readonly transport: HttpTransport
  /** One word for each call of the handler: `+a` new, `~a` changed, `-a` gone. */
  readonly heard: string[]
  /** Waits until the copy equals the server's objects over exactly one open watch, and checks that the handler was told the same story. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

const byName = (items: Iterable<Item>): readonly Item[] =>
  [...items].map(withoutBookkeeping).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))

/** Follows the handler's calls and fails when one does not fit the ones before. */
const makeMirror = () => {
  const told = new Map<string, Item>()
  const heard: string[] = []
  const problems: string[] = []
  const handler = (key: string, object: Item | undefined, previous: Item | undefined): void => {
    heard.push(`${object ? (previous ? '~' : '+') : '-'}${key.replace('shop/', '')}`)
    if (told.get(key) !== previous) problems.push(`${heard.at(-1)}: previous is not what was told before`)
    if (object && previous && object.metadata.uid !== previous.metadata.uid)
      problems.push(`${heard.at(-1)}: another uid in one call`)
    if (object) told.set(key, object)
    else told.delete(key)
  }
  return { told, heard, problems, handler }
}

export const makeRig = (server: HostileServer, more: Partial<InformerOptions<Item>> = {}): Rig => {
  const read = async () => ({ headers: { authorization: 'Bearer one' }, tls: {} })
  const transport = transportTo({ server: server.url, read })
  const { timing, ...options } = more
  const informer = startInformer<Item>({
    client: clientOver(transport, { requestTimeoutMs: 5000 }),
    resource: CONFIG_MAPS,
    namespace: 'shop',
    log: silentLogger,
    ...options,
    timing: { backoffBaseMs: 5, backoffCapMs: 40, idleMs: 10_000, shortWatchMs: 20, ...timing },
  })
  const { told, heard, problems, handler } = makeMirror()
  informer.onChange(handler)
  const isSettled = (): boolean =>
    informer.hasSynced() &&
    server.openWatches() === 1 &&
    server.faultsLeft() === 0 &&
    isDeepStrictEqual(byName(informer.list()), byName(server.objects()))
  return {
    informer,
    transport,
    heard,
    settled: async () => {
      await until('the copy equals the server', isSettled)
      assert.deepEqual(byName(told.values()), byName(server.objects()))
      assert.deepEqual(problems, [])
      assert.equal(server.counts.mostWatches, 1, 'two watches were open at once')
    },
    close: async () => {
      await informer.stop()
      await transport.close()
    },
  }
}
