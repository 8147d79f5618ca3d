import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { decodeSnapshot, encodeSnapshot, readSnapshot, writeSnapshot } from './disk.ts'
import { anEndpoint, aRoute, aSlice } from './testing/objects.ts'

const snapshot = { routes: [aRoute({ version: 3 })], slices: [aSlice('web-v1', [anEndpoint('10.0.0.1')])] }
const directory = async (t: TestContext) => {
  const path = await mkdtemp(join(tmpdir(), 'sluice-router-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

test('what was written is read back', async t => {
  const path = join(await directory(t), 'not', 'there', 'yet')
  assert.equal(await readSnapshot(path), undefined)
  await writeSnapshot(path, encodeSnapshot(snapshot))
  assert.deepEqual(await readSnapshot(path), { snapshot })
  await writeSnapshot(path, encodeSnapshot({ routes: [], slices: [] }))
  assert.deepEqual(await readSnapshot(path), { snapshot: { routes: [], slices: [] } })
  assert.deepEqual(await readdir(path), ['routes.json'], 'nothing else is left behind')
})

test('a file that was cut off anywhere or changed anywhere is refused', () => {
  const text = encodeSnapshot(snapshot)
  for (let length = 0; length < text.length; length += 7)
    assert.ok('problem' in decodeSnapshot(text.slice(0, length)), `cut at ${length}`)
  for (let at = 0; at < text.length; at += 5) {
    const changed = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)
    assert.ok('problem' in decodeSnapshot(changed), `changed at ${at}`)
  }
  assert.ok('problem' in decodeSnapshot(`${text}more`))
  assert.deepEqual(decodeSnapshot(text), { snapshot })
})

test('a file of another format or with other content is refused with a reason', async t => {
  const path = await directory(t)
  await writeFile(join(path, 'routes.json'), '{"routes":[]}')
  assert.deepEqual(await readSnapshot(path), { problem: 'does not begin with sluice-router-state/1' })
  const wrong = encodeSnapshot(JSON.parse('{"routes":5,"slices":[]}'))
  assert.deepEqual(decodeSnapshot(wrong), { problem: 'holds no lists of routes and slices' })
})

test('a write that fails leaves the old file', async t => {
  const path = await directory(t)
  await writeSnapshot(path, encodeSnapshot(snapshot))
  const before = await readFile(join(path, 'routes.json'), 'utf8')
  if (process.getuid?.() === 0) return t.skip('root may write anywhere')
  await chmod(path, 0o500)
  await assert.rejects(writeSnapshot(path, encodeSnapshot({ routes: [], slices: [] })))
  await chmod(path, 0o700)
  assert.equal(await readFile(join(path, 'routes.json'), 'utf8'), before)
})
