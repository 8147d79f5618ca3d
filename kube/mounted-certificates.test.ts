import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { makeAuthority, makeServing } from './certificate-pair.ts'
import { silentLogger } from './log.ts'
import { watchMountedCertificates } from './mounted-certificates.ts'
import { makeFakeClock } from './testing/fake-clock.ts'

const NAMES = ['sluice-webhook.sluice-system.svc']

const aFolder = async (t: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-mounted-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const authority = await makeAuthority('test', Date.now())
  const write = async (pair: { readonly cert: string; readonly key: string }, ca = true) => {
    await writeFile(join(directory, 'tls.crt'), pair.cert)
    await writeFile(join(directory, 'tls.key'), pair.key)
    if (ca) await writeFile(join(directory, 'ca.crt'), authority.cert)
  }
  return { directory, authority, write, make: () => makeServing(authority, NAMES, Date.now()) }
}

/** Time passes, and then what it set off reads its files. */
const pass = async (clock: ReturnType<typeof makeFakeClock>, until: () => boolean): Promise<void> => {
  await clock.advance(10_000)
  for (let i = 0; i < 2_000 && !until(); i += 1) await turn()
}

test('a certificate that changes in its folder is served from then on', async t => {
  const { directory, authority, write, make } = await aFolder(t)
  const [first, second] = [await make(), await make()]
  await write(first)
  const clock = makeFakeClock()
  const keeper = await watchMountedCertificates({ directory, clock, log: silentLogger })
  const seen: string[] = []
  keeper.onChange(({ cert }) => void seen.push(cert))
  assert.deepEqual(keeper.current(), { caBundle: authority.cert, ...first })
  await write(second)
  await pass(clock, () => seen.length > 0)
  assert.deepEqual(seen, [second.cert])
  assert.equal(keeper.current().key, second.key)
  keeper.stop()
})

test('half a change, with the key of another certificate, leaves the last good pair in use', async t => {
  const { directory, write, make } = await aFolder(t)
  const [first, second] = [await make(), await make()]
  await write(first)
  const clock = makeFakeClock()
  const warned: string[] = []
  const log = { ...silentLogger, warn: (text: string) => void warned.push(text) }
  const keeper = await watchMountedCertificates({ directory, clock, log })
  await write({ cert: second.cert, key: first.key })
  await pass(clock, () => warned.length > 0)
  assert.match(warned[0] ?? '', /cannot be read; serving the last good one/)
  assert.equal(keeper.current().cert, first.cert)
  keeper.stop()
})

test('an issuer without an authority in the Secret leaves the bundle empty', async t => {
  const { directory, write, make } = await aFolder(t)
  await write(await make(), false)
  const keeper = await watchMountedCertificates({ directory, clock: makeFakeClock(), log: silentLogger })
  assert.equal(keeper.current().caBundle, '')
  keeper.stop()
})

test('without a certificate the process does not start', async t => {
  const { directory } = await aFolder(t)
  await assert.rejects(
    watchMountedCertificates({ directory, clock: makeFakeClock(), log: silentLogger }),
    /ENOENT.*tls\.(crt|key)/,
  )
})
