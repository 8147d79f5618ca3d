import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { makeAuthority } from './certificate-pair.ts'
import { observeCertificate, observeProcess } from './process-metrics.ts'

test('two parts in one process both tell of it', async () => {
  for (const component of ['router', 'controller'] as const) {
    const registry = new Registry()
    observeProcess(registry, { component, version: '1.2.3' })
    const text = await registry.metrics()
    assert.ok(text.includes(`sluice_build_info{component="${component}",version="1.2.3",node="${process.version}"} 1\n`), text)
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds \d/m)
    assert.match(text, /^process_resident_memory_bytes \d/m)
  }
})

test('the end of the certificate is told while there is one', async () => {
  const registry = new Registry()
  let served: string | undefined
  observeCertificate(registry, () => served)
  assert.doesNotMatch(await registry.metrics(), /^sluice_certificate/m)
  const { cert } = await makeAuthority('test', Date.UTC(2030, 0, 1))
  served = cert
  const text = await registry.metrics()
  const end = Number(/^sluice_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text)?.[1])
  assert.ok(end > Date.UTC(2030, 0, 2) / 1000, text)
  served = undefined
  assert.doesNotMatch(await registry.metrics(), /^sluice_certificate/m)
})
