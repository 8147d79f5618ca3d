/** What every metric provider must keep to; each provider's test calls this with how to set it up. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Metric } from '../../api/analysis-run.ts'
import type { Measured } from '../measured.ts'
import type { MeasureRequest, Provider } from '../providers/provider.ts'
import { measureWith } from '../providers/registry.ts'

export type Subject = {
  readonly provider: Provider
  /** A configuration that can be measured now. */
  readonly config: unknown
  /** Makes whatever is asked unreachable. */
  readonly breakBackend: () => void | Promise<void>
  readonly dispose?: () => Promise<void>
  /** What its configuration may be is known to somebody else, who is asked. */
  readonly takesAnything?: true
}

const requestFor = (provider: Provider, config: unknown): MeasureRequest => {
  const metric: Metric = {
    name: 'm',
    provider: provider.name.includes('/') ? { plugin: { [provider.name]: config } } : { [provider.name]: config },
  }
  const now = Date.now()
  return {
    namespace: 'default',
    metric,
    config,
    since: now - 60_000,
    run: { name: 'web-1', uid: 'u1' },
    number: 1,
    kept: 10,
    passedBefore: false,
    now,
  }
}

/** What a measurement that is no error shows. */
const shownBy = (measured: Measured): string => {
  if (measured.kind === 'verdict') return measured.verdict.value
  if (measured.kind === 'pending') return JSON.stringify(measured.metadata)
  if (measured.kind === 'phase') return measured.phase
  return measured.kind === 'value' ? measured.value : ''
}

const errorOf = (measured: Measured): string => {
  assert.equal(measured.kind, 'error')
  return measured.kind === 'error' ? measured.message : ''
}

export const describeProvider = (name: string, setUp: () => Promise<Subject>): void => {
  const withSubject = async (body: (subject: Subject) => Promise<void>): Promise<void> => {
    const subject = await setUp()
    try {
      await body(subject)
    } finally {
      await subject.dispose?.()
    }
  }

  describe(`provider ${name}`, () => {
    test('goes by its name and is found by it', () =>
      withSubject(async ({ provider, config }) => {
        assert.equal(provider.name, name)
        const { config: _, ...request } = requestFor(provider, config)
        assert.notEqual((await measureWith([provider]).measure(request)).kind, 'error')
      }))

    test('measures a right configuration', () =>
      withSubject(async ({ provider, config }) => {
        const measured = await provider.measure(requestFor(provider, config))
        if (measured.kind === 'error') assert.fail(measured.message)
        assert.ok(shownBy(measured).length > 0)
      }))

    test('answers a wrong configuration with an error that names the field', () =>
      withSubject(async ({ provider, takesAnything }) => {
        if (takesAnything) return
        for (const wrong of [undefined, null, 'x', 5, [], {}]) {
          assert.match(errorOf(await provider.measure(requestFor(provider, wrong))), /provider\./)
        }
      }))

    test('answers with an error, and does not reject, when nobody answers it', () =>
      withSubject(async ({ provider, config, breakBackend }) => {
        await breakBackend()
        assert.ok(errorOf(await provider.measure(requestFor(provider, config))).length > 0)
      }))

    test('does not change its configuration', () =>
      withSubject(async ({ provider, config }) => {
        const before = JSON.stringify(config)
        await provider.measure(requestFor(provider, config))
        assert.equal(JSON.stringify(config), before)
      }))
  })
}
