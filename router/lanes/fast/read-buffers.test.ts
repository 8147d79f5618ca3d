import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadBuffers, SHARED } from './read-buffers.ts'

/** Reads a message with a body of `bytes` bytes; what the next one is read into, undefined for the own buffer that is in use. */
const readMessage = (buffers: ReadBuffers, bytes: number): Buffer | undefined => {
  buffers.note(SHARED.length)
  buffers.next(true)
  buffers.note(bytes - SHARED.length)
  return buffers.next(false)
}

test('a body gets a buffer of its own, and the next message is read into the shared one', () => {
  const buffers = new ReadBuffers()
  buffers.note(1_000)
  const own = buffers.next(true)
  assert.ok(own && own !== SHARED && buffers.isOwn(own))
  buffers.note(2_000)
  assert.equal(buffers.next(false), SHARED)
  assert.ok(!buffers.isOwn(own))
})

test('after a large message the own buffer stays for the next one, until a message is small again', () => {
  const buffers = new ReadBuffers()
  assert.equal(readMessage(buffers, 70_000), undefined)
  buffers.note(66_000)
  assert.equal(buffers.next(false), undefined)
  buffers.note(300)
  assert.equal(buffers.next(false), SHARED)
})

test('a buffer that is still being written from is given to nobody', () => {
  const [first, second] = [new ReadBuffers(), new ReadBuffers()]
  first.note(SHARED.length)
  const kept = first.next(true)
  first.note(50_000)
  first.keep()
  assert.equal(first.next(false), SHARED)
  second.note(SHARED.length)
  assert.notEqual(second.next(true), kept)
})

test('no more than 256 connections wait with a buffer of their own, and one that ends makes room', () => {
  const isWaiting = (one: ReadBuffers) => readMessage(one, 70_000) === undefined
  // Connections of other tests in this process may wait too.
  const all = Array.from({ length: 257 }, () => new ReadBuffers()).filter(isWaiting)
  assert.ok(all.length > 1 && all.length <= 256, String(all.length))
  const late = new ReadBuffers()
  assert.equal(readMessage(late, 70_000), SHARED)
  all[0]?.drop()
  all[0]?.drop()
  assert.equal(readMessage(late, 70_000), undefined)
  assert.equal(readMessage(new ReadBuffers(), 70_000), SHARED, 'dropping twice makes room for one')
  for (const one of [...all, late]) one.drop()
})

test('a connection that has ended waits for nothing', () => {
  const ended = new ReadBuffers()
  ended.note(SHARED.length)
  ended.next(true)
  ended.drop()
  ended.note(70_000)
  assert.equal(ended.next(false), SHARED)
})
