import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeConnection, nextConnection, waitBefore } from './connection.ts'
import { commandOf, KEYS } from './keys.ts'
import { readPlace, writePlace } from './place.ts'
import { readSearch } from './search.ts'
import { readSse, SSE_START } from './sse.ts'
import { timeOfStep } from './steps.ts'

const NOW = Date.parse('2026-03-04T12:00:00Z')
const web = { namespace: 'shop', name: 'web', fields: { status: 'Paused', image: 'web:v2' } }
const ledger = { namespace: 'payments', name: 'ledger', fields: { status: 'Degraded', image: 'ledger:v12' } }

test('the search has or, not, exactly and fields, and blanks mean and', () => {
  const found = (text: string) => [web, ledger].filter(readSearch(text)).map(({ name }) => name)
  assert.deepEqual(found(''), ['web', 'ledger'])
  assert.deepEqual(found('WEB'), ['web'])
  assert.deepEqual(found('web,ledger'), ['web', 'ledger'])
  assert.deepEqual(found('!web'), ['ledger'])
  assert.deepEqual(found('"we"'), [])
  assert.deepEqual(found('"shop/web"'), ['web'])
  assert.deepEqual(found('ns:pay status:degraded'), ['ledger'])
  assert.deepEqual(found('ns:pay status:paused'), [])
  assert.deepEqual(found('image:v2'), ['web'])
})

test('an address leads back to where it was written, whatever the names are', () => {
  for (const place of [
    { screen: 'overview', search: '', group: '' },
    { screen: 'overview', search: 'ns:shop, !a&b=c', group: 'waiting' },
    { screen: 'rollout', namespace: 'shop', name: 'web.v1-x' },
  ] as const)
    assert.deepEqual(readPlace(writePlace(place)), place)
  assert.deepEqual(readPlace('#/%E0%A4%A/x'), { screen: 'overview', search: '', group: '' })
})

test('events are read the same however the bytes are cut, and comments are none', () => {
  const text = ': alive\n\nid: 7\nevent: changes\ndata: {"a":1,\ndata: "b":2}\n\nid: 8\r\ndata: x\r\n\r\ndata: not yet'
  const whole = readSse(SSE_START, text)
  assert.deepEqual(whole.events, [
    { event: 'changes', data: '{"a":1,\n"b":2}', id: '7' },
    { event: 'message', data: 'x', id: '8' },
  ])
  for (let cut = 0; cut < text.length; cut += 1) {
    const first = readSse(SSE_START, text.slice(0, cut))
    const second = readSse(first.state, text.slice(cut))
    assert.deepEqual([...first.events, ...second.events], whole.events, `cut at ${cut}`)
  }
})

test('a lost connection says since when, and tries less and less often', () => {
  const lost = nextConnection({ state: 'live' }, { what: 'lost', now: NOW })
  const again = nextConnection(lost, { what: 'lost', now: NOW + 5000 })
  assert.equal(describeConnection({ state: 'live' }, NOW), undefined)
  assert.equal(
    describeConnection(again, NOW + 5000),
    'Connection lost at 12:00:00Z, 5s ago; what you see is from then. Next try in 2s.',
  )
  assert.deepEqual([0, 1, 2, 3, 9].map(waitBefore), [1000, 2000, 4000, 8000, 15_000])
  assert.deepEqual(nextConnection(again, { what: 'open' }), { state: 'live' })
})

test('keys are left to fields, to buttons and to the browser where they are for them', () => {
  const key = { key: 'a', ctrl: false, typing: false, onControl: false }
  assert.equal(commandOf(key, 'rollout'), 'abort')
  assert.equal(commandOf(key, 'overview'), undefined)
  assert.equal(commandOf({ ...key, typing: true }, 'rollout'), undefined)
  assert.equal(commandOf({ ...key, ctrl: true }, 'rollout'), undefined)
  assert.equal(commandOf({ ...key, key: 'Escape', typing: true }, 'overview'), 'close')
  assert.equal(commandOf({ ...key, key: ' ', onControl: true }, 'rollout'), undefined)
  assert.equal(commandOf({ ...key, key: 'Enter', onControl: true }, 'overview'), undefined)
})

test('no key means two things on one screen', () => {
  for (const screen of ['overview', 'rollout'] as const) {
    const keys = KEYS.filter(({ scope }) => scope === screen || scope === 'everywhere').flatMap(one => one.keys)
    assert.equal(new Set(keys).size, keys.length)
  }
})

test('a step says what it took, or what is left of it', () => {
  const step = { index: 0, text: '2m', kind: 'pause', weight: 5, startedAt: '2026-03-04T11:59:00Z' } as const
  assert.deepEqual(timeOfStep({ ...step, state: 'done', endedAt: '2026-03-04T11:59:12Z' }, NOW), { text: 'took 12s' })
  assert.deepEqual(timeOfStep({ ...step, state: 'running', endsAt: '2026-03-04T12:01:00Z' }, NOW), {
    text: '60s to go',
    done: 0.5,
  })
  assert.deepEqual(timeOfStep({ ...step, state: 'running' }, NOW), { text: 'for 60s' })
})
