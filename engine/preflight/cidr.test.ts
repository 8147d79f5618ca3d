import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInCidr } from './cidr.ts'

const CASES: readonly (readonly [address: string, cidr: string, is: boolean])[] = [
  ['10.1.2.3', '10.0.0.0/8', true],
  ['10.1.2.3', '10.1.2.3/32', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['10.1.2.3', '0.0.0.0/0', true],
  ['10.1.2.129', '10.1.2.128/25', true],
  ['10.1.2.127', '10.1.2.128/25', false],
  ['fd00::1', 'fd00::/8', true],
  ['fe80::1', 'fd00::/8', false],
  ['fd00:0:0:1::5', 'fd00:0:0:1::/64', true],
  ['fd00:0:0:2::5', 'fd00:0:0:1::/64', false],
  ['::1', '::/0', true],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.0/104', true],
  ['10.0.0.1', '::/0', false],
  ['fd00::1', '0.0.0.0/0', false],
  ['10.0.0.1', '10.0.0.0/33', false],
  ['10.0.0.1', '10.0.0.0', false],
  ['10.0.0', '10.0.0.0/8', false],
  ['1::2::3', '::/0', false],
  ['1:2:3:4:5:6:7:8:9', '::/0', false],
]

for (const [address, cidr, is] of CASES)
  test(`${address} is ${is ? '' : 'not '}in ${cidr}`, () => assert.equal(isInCidr(address, cidr), is))
