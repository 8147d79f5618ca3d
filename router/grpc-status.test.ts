import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GRPC_CODES, grpcCode, grpcCodeFor, grpcOutcome } from './grpc-status.ts'

const outcomeOf = (name: (typeof GRPC_CODES)[number]) => grpcOutcome(GRPC_CODES.indexOf(name))

test('faults of the server are 5xx, those of the caller 4xx', () => {
  assert.equal(outcomeOf('OK'), 'status2xx')
  for (const name of ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'] as const)
    assert.equal(outcomeOf(name), 'status5xx', name)
  for (const name of ['CANCELLED', 'INVALID_ARGUMENT', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED'] as const)
    assert.equal(outcomeOf(name), 'status4xx', name)
  for (const name of ['RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNAUTHENTICATED'] as const)
    assert.equal(outcomeOf(name), 'status4xx', name)
})

test('no status, and what is none, is UNKNOWN', () => {
  assert.equal(grpcCode('0'), 0)
  assert.equal(grpcCode('16'), 16)
  for (const text of [undefined, '', '17', '-1', '1.5', 'OK', '100']) assert.equal(grpcCode(text), 2, String(text))
})

test('what the router answers itself has a gRPC code', () => {
  for (const status of [502, 503, 504]) assert.equal(GRPC_CODES[grpcCodeFor(status)], 'UNAVAILABLE')
  assert.equal(GRPC_CODES[grpcCodeFor(400)], 'INTERNAL')
  assert.equal(GRPC_CODES[grpcCodeFor(405)], 'UNKNOWN')
})
