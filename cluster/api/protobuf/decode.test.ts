import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../failure.ts'
import { decodeProtobuf } from './decode.ts'
import { readMessage } from './wire.ts'

const varint = (value: bigint): Buffer => {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const int = (number: number, value: number | bigint) => Buffer.concat([varint(BigInt(number * 8)), varint(BigInt(value))])

const bytes = (number: number, value: Buffer | string) => {
  const data = Buffer.from(value as string)
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(data.length)), data])
}

const message = (...fields: readonly Buffer[]) => Buffer.concat(fields)

const envelope = (apiVersion: string, kind: string, raw: Buffer) =>
  message(Buffer.from('k8s\0'), bytes(1, message(bytes(1, apiVersion), bytes(2, kind))), bytes(2, raw))

const label = (key: string, value: string) => message(bytes(1, key), bytes(2, value))

test('a Deployment as kubectl sends it', () => {
  const metadata = message(bytes(1, 'web'), bytes(2, ''), bytes(3, ''), bytes(8, message()), bytes(11, label('app', 'web')))
  const port = message(bytes(1, ''), int(2, 0), int(3, 8080), bytes(4, ''), bytes(5, ''))
  const probe = message(
    bytes(1, message(bytes(2, message(bytes(1, '/up'), bytes(2, message(int(1, 1), int(2, 0), bytes(3, 'http'))))))),
    int(3, 5),
  )
  const container = message(
    bytes(1, 'main'),
    bytes(2, 'a:1'),
    bytes(6, port),
    bytes(8, message(bytes(1, message(bytes(1, 'cpu'), bytes(2, message(bytes(1, '100m'))))))),
    bytes(11, probe),
    int(16, 0),
  )
  const volume = message(bytes(1, 'data'), bytes(2, message(bytes(2, message(bytes(1, ''))))))
  const template = message(
    bytes(1, message(bytes(11, label('app', 'web')))),
    bytes(2, message(bytes(1, volume), bytes(2, container))),
  )
  const spec = message(int(1, 0), bytes(2, message(bytes(1, label('app', 'web')))), bytes(3, template), int(5, 0), int(7, 0))
  assert.deepEqual(decodeProtobuf(envelope('apps/v1', 'Deployment', message(bytes(1, metadata), bytes(2, spec)))), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          volumes: [{ name: 'data', emptyDir: {} }],
          containers: [
            {
              name: 'main',
              image: 'a:1',
              ports: [{ containerPort: 8080 }],
              resources: { limits: { cpu: '100m' } },
              readinessProbe: { httpGet: { path: '/up', port: 'http' }, timeoutSeconds: 5 },
            },
          ],
        },
      },
    },
  })
})

test('bytes are base64, times RFC 3339, negative numbers negative', () => {
  const secret = message(
    bytes(1, message(bytes(1, 's'))),
    bytes(2, message(bytes(1, 'k'), bytes(2, Buffer.from([0, 255])))),
    bytes(3, 'Opaque'),
  )
  assert.deepEqual(decodeProtobuf(envelope('v1', 'Secret', secret)), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { k: 'AP8=' },
    type: 'Opaque',
  })
  const lease = message(bytes(2, message(bytes(1, 'me'), bytes(3, message(int(1, 1_767_225_600), int(2, 5_000))))))
  assert.deepEqual(decodeProtobuf(envelope('coordination.k8s.io/v1', 'Lease', lease))['spec'], {
    holderIdentity: 'me',
    acquireTime: '2026-01-01T00:00:00.000005Z',
  })
  const options = decodeProtobuf(envelope('v1', 'DeleteOptions', message(int(1, -1n), bytes(4, 'Foreground'))))
  assert.deepEqual(options, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: -1, propagationPolicy: 'Foreground' })
})

test('what is not protobuf, or of an unknown kind, is a bad request', () => {
  assert.throws(() => decodeProtobuf(Buffer.from('{}')), Failure)
  assert.throws(
    () => decodeProtobuf(envelope('example.test/v1', 'Widget', message())),
    /is not known; send it as application\/json/,
  )
})

test('any varint is read as it was written', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 1, max: 1000 }), (value, number) => {
      assert.deepEqual(readMessage(int(number, value)), [{ number, is: 'varint', value }])
    }),
  )
})

test('a message that is cut short is refused', () => {
  const whole = message(int(1, 300), bytes(2, 'some text'))
  for (let length = 1; length < whole.length; length += 1) {
    if (length === int(1, 300).length) continue
    assert.throws(() => readMessage(whole.subarray(0, length)), /cut short/, `after ${length} bytes`)
  }
})
