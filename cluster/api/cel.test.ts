import assert from 'node:assert/strict'
import { test } from 'node:test'
import { celProblem, celValue, evaluateCel } from './cel.ts'
import { rewriteHas } from './cel-has.ts'

const VARIABLES = {
  object: celValue({
    metadata: { annotations: { 'sluice.dev/strategy': 'canary' }, labels: {} },
    spec: { replicas: 3, ratio: 0.5, paused: true, containers: [{ name: 'a' }, { name: 'b' }] },
  }),
  oldObject: null,
  request: celValue({ operation: 'UPDATE', userInfo: { username: 'system:serviceaccount:x:y', groups: ['g'] } }),
}

const value = (expression: string) => {
  const result = evaluateCel(expression, VARIABLES)
  return 'value' in result ? result.value : `error: ${result.error}`
}

test('the conditions that webhooks are given', () => {
  const opted = (name: string) => `(has(${name}.metadata.annotations) && 'sluice.dev/strategy' in ${name}.metadata.annotations)`
  assert.equal(value(`${opted('object')} || (oldObject != null && ${opted('oldObject')})`), true)
  assert.equal(value(`!(request.userInfo.username in ['system:serviceaccount:x:y', 'other'])`), false)
  assert.equal(value(`oldObject == null || object.spec == oldObject.spec`), true)
  assert.equal(value(`request.operation == 'UPDATE' && 'g' in request.userInfo.groups`), true)
})

test('numbers, texts, lists and optional fields', () => {
  assert.equal(value('object.spec.replicas <= 5 && object.spec.replicas + 1 == 4'), true)
  assert.equal(value('object.spec.ratio < 1.0'), true)
  assert.equal(value(`object.spec.containers.all(c, c.name.matches('^[a-z]$'))`), true)
  assert.equal(value(`object.spec.containers.map(c, c.name).exists(n, n == 'b')`), true)
  assert.equal(value(`object.spec.?missing.orValue('none')`), 'none')
  assert.equal(value(`'at ' + string(object.spec.replicas)`), 'at 3')
  assert.equal(value('has(object.spec.missing)'), false)
})

test('what is missing is an error, unless the other side decides', () => {
  assert.match(String(value('object.spec.missing == 1')), /^error: /)
  assert.equal(value('object.spec.missing == 1 || true'), true)
})

test('what cannot be parsed is told', () => {
  assert.equal(celProblem('object.spec.replicas > 1'), undefined)
  assert.ok(celProblem('object.spec. >'))
  assert.ok('error' in evaluateCel('1 +', {}))
})

test('has() of a field behind an index or a call', () => {
  assert.equal(value('has(object.spec.containers[0].name)'), true)
  assert.equal(value('has(object.spec.containers[0].image)'), false)
  assert.equal(value(`has(object.metadata.annotations['sluice.dev/strategy'].x) || true`), true)
  assert.equal(
    value('object.spec.containers.exists(c, has(c.name)) && !has(object.spec.containers.filter(c, has(c.name))[1].image)'),
    true,
  )
  assert.match(String(value('has(object.spec.containers[7].name)')), /^error: /)
  assert.equal(value(`'has(a[0].b)' == "has(a[0].b)"`), true)
  assert.equal(rewriteHas('has(a.b) && has( x[0].y.z )'), 'has(a.b) && ( x[0].y.?z.hasValue())')
})
