import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from './failure.ts'
import { fieldSelector, labelSelector, matchesLabels, selectorText } from './selectors.ts'

const labelled = (labels: object) => ({ metadata: { labels } })

const matches = (selector: string, labels: object) => labelSelector(selector)(labelled(labels))

test('label selectors of every form', () => {
  const labels = { app: 'web', tier: 'front', 'example.test/x': '' }
  for (const yes of [
    '',
    'app=web',
    'app==web',
    'app!=db',
    'missing!=x',
    'app in (web, db)',
    'tier notin (back)',
    'missing notin (a)',
    'app',
    '!missing',
    'example.test/x=',
    'app=web,tier in (front),!missing',
  ])
    assert.ok(matches(yes, labels), yes)
  for (const no of [
    'app=db',
    'app!=web',
    'app in (db)',
    'tier notin (front, back)',
    'missing',
    '!app',
    'app=web,tier=back',
    'missing in (a)',
  ])
    assert.ok(!matches(no, labels), no)
})

test('a label selector that cannot be read is a bad request', () => {
  for (const wrong of ['a b', 'in (x)', 'a in x', 'a=b=c', ',', '-a=b'])
    assert.throws(
      () => labelSelector(wrong),
      (error: unknown) => error instanceof Failure && error.code === 400,
      wrong,
    )
})

test('field selectors, and only on fields that the kind has', () => {
  const pod = { metadata: { name: 'a', namespace: 'x' }, spec: { nodeName: 'n' }, status: {} }
  const pods = (text: string) => fieldSelector(text, '/pods')(pod)
  assert.ok(pods('metadata.name=a,spec.nodeName==n'))
  assert.ok(pods('status.phase='))
  assert.ok(!pods('status.phase=Running'))
  assert.ok(pods('status.phase!=Running'))
  assert.throws(() => fieldSelector('spec.nodeName=n', '/configmaps'), /field label not supported: spec\.nodeName/)
  assert.throws(() => fieldSelector('metadata.name', '/pods'), /can't understand/)
  const event = { metadata: {}, involvedObject: { name: 'a' }, source: { component: 'c' } }
  assert.ok(fieldSelector('involvedObject.name=a,source=c', '/events')(event))
  assert.ok(fieldSelector('regarding.name=a', '/events')(event))
})

test('a LabelSelector object matches as its text does; an absent one matches nothing', () => {
  const selector = {
    matchLabels: { a: 'b' },
    matchExpressions: [
      { key: 'c', operator: 'In', values: ['y', 'x'] },
      { key: 'd', operator: 'DoesNotExist' },
      { key: 'a', operator: 'Exists' },
    ],
  }
  const text = selectorText(selector)
  assert.equal(text, '!d,a,a=b,c in (x,y)')
  for (const labels of [{ a: 'b', c: 'x' }, { a: 'b', c: 'z' }, { a: 'b', c: 'x', d: '' }, { c: 'x' }])
    assert.equal(matchesLabels(selector, labels), matches(text, labels), JSON.stringify(labels))
  assert.ok(matchesLabels({}, { a: 'b' }))
  assert.ok(!matchesLabels(undefined, { a: 'b' }))
})
