import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { PodTemplate } from './kubernetes.ts'
import { argoPodTemplateHash, argoStepHash, podTemplateJson, safeEncode } from './pod-template-json.ts'

type Vector = { readonly template: PodTemplate; readonly json: string; readonly hash: string; readonly collided: string }

/** Written by Go: json.Marshal of k8s.io/api v0.34.4, FNV-1a and rand.SafeEncodeString, without and with a collision count of 1. */
const VECTORS = readFileSync(new URL('testing/pod-template-vectors.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): Vector => JSON.parse(line))

test('a pod template is written as Go writes it', () => {
  assert.ok(VECTORS.length >= 4)
  for (const { template, json } of VECTORS) assert.equal(podTemplateJson(template), json)
})

test('a version has the name that Argo Rollouts gives it, with and without a collision', () => {
  for (const { template, hash, collided } of VECTORS) {
    assert.equal(argoPodTemplateHash(template), hash)
    assert.equal(argoPodTemplateHash(template, 1), collided)
  }
})

test('the empty template has the hash that the tests of Argo Rollouts expect', () => {
  const empty = { spec: {} } as PodTemplate
  assert.equal(argoPodTemplateHash(empty), '658c46c486')
  assert.equal(argoPodTemplateHash(empty, 1), '6746d5bbc')
})

test('fields that Kubernetes does not know change nothing, and null is absent', () => {
  const container = { name: 'web', image: 'web:1' }
  const plain: PodTemplate = { spec: { containers: [container] } }
  const noisy = { metadata: { creationTimestamp: null }, spec: { containers: [{ ...container, nonsense: 1 }], volumes: null } }
  assert.equal(argoPodTemplateHash(noisy), argoPodTemplateHash(plain))
})

test('hashes use only letters and digits that form no words', () => {
  assert.match(safeEncode('4294967295'), /^[bcdfghjklmnpqrstvwxz2456789]+$/)
  assert.notEqual(argoStepHash([{ setWeight: 10 }]), argoStepHash([{ setWeight: 20 }]))
})
