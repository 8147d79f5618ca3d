/** What is taken from this machine into images. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { busybox } from './busybox.ts'
import { findNode, sharedLibraries } from './node-runtime.ts'

const skip = process.platform === 'linux' ? false : 'the programs of an image are those of Linux'

const hasBusybox = existsSync('/bin/busybox') && sharedLibraries('/bin/busybox').length === 0

describe('programs of this machine', { skip }, () => {
  test('the libraries of Node are its C library, its loader and others, all of which exist', () => {
    const libraries = sharedLibraries(findNode())
    assert.ok(libraries.some(path => path.endsWith('/libc.so.6')))
    assert.ok(libraries.some(path => /\/ld-linux[^/]*$/.test(path)))
    assert.deepEqual(
      libraries.filter(path => !existsSync(path)),
      [],
    )
  })

  test('a file that is no program has no libraries, and one that is missing is an error that names it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-ldd-'))
    const path = join(directory, 'text')
    try {
      writeFileSync(path, 'text', { mode: 0o755 })
      assert.deepEqual(sharedLibraries(path), [])
      assert.throws(() => sharedLibraries(join(directory, 'none')), /none: No such file/)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('busybox goes in once, and its commands are links to it', {
    skip: !hasBusybox && 'no static busybox here',
  }, () => {
    const entries = busybox()
    assert.deepEqual(
      entries.filter(entry => entry.type === 'file').map(({ path, mode }) => [path, mode]),
      [['/bin/busybox', 0o755]],
    )
    for (const name of ['sh', 'sleep', 'wget'])
      assert.deepEqual(
        entries.find(({ path }) => path === `/bin/${name}`),
        { type: 'symlink', path: `/bin/${name}`, target: 'busybox' },
      )
  })
})
