/** Step plugins as they are asked: a real server on loopback, and a real program. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type HttpClient, makeHttpClient } from '../../analysis/providers/http.ts'
import { startWebServer } from '../../analysis/testing/web-server.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { PluginCall } from '../../engine/rollout/plugin/call.ts'
import { runProgram } from '../run-program.ts'
import { makeStepPlugins, type StepPlugins } from './step-plugins.ts'

const ROLLOUT: Rollout = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1' },
  spec: { strategy: { canary: {} } },
}

const call = (change: Partial<PluginCall> = {}): PluginCall => ({
  id: 'Run 1',
  operation: 'Run',
  index: 1,
  name: 'acme/load',
  config: { users: 50 },
  executions: 0,
  ...change,
})

const NOW = Date.UTC(2026, 2, 1, 12, 0, 0)

describe('a step plugin', () => {
  let folder: string
  let http: HttpClient

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-step-plugin-'))
    http = makeHttpClient({ retryAfterMs: 1 })
  })
  after(async () => {
    await http.close()
    rmSync(folder, { recursive: true })
  })

  /** `answered`: resolves when the next answer is there. */
  const make = (address: string) => {
    let heard = Promise.withResolvers<string>()
    const plugins = makeStepPlugins({
      addresses: new Map([
        ['acme/load', address],
        ['acme/off', 'disabled'],
      ]),
      asking: { http, run: runProgram },
      clock: { now: () => NOW },
      log: { info: () => undefined },
      onAnswer: key => heard.resolve(key),
    })
    const answered = async () => {
      const key = await heard.promise
      heard = Promise.withResolvers<string>()
      return plugins.seen(key).answers
    }
    return { plugins, answered }
  }

  const askOnce = async (answer: unknown, status = 200) => {
    const server = await startWebServer(() => ({ status, body: answer }))
    const { plugins, answered } = make(server.origin)
    try {
      plugins.ask('shop/web', call(), ROLLOUT)
      const [one] = await answered()
      return { answer: one, asked: server.asked }
    } finally {
      await server.close()
    }
  }

  test('over HTTP is told of the step, of what it noted, and of the Rollout', async () => {
    const { answer, asked } = await askOnce({ phase: 'Running', message: 'half way', afterSeconds: 15, status: { id: 7 } })
    assert.deepEqual(answer, { id: 'Run 1', phase: 'Running', message: 'half way', afterSeconds: 15, status: { id: 7 } })
    assert.deepEqual(
      asked.map(({ body }) => JSON.parse(body)),
      [
        {
          apiVersion: 'sluice.dev/step-plugin/v1',
          operation: 'Run',
          step: { index: 1, plugin: 'acme/load' },
          config: { users: 50 },
          executions: 0,
          now: '2026-03-01T12:00:00.000Z',
          rollout: ROLLOUT,
        },
      ],
    )
  })

  const ROWS: readonly (readonly [what: string, answer: unknown, phase: string, said: RegExp, status?: number])[] = [
    ['nothing, which is a success', {}, 'Successful', /^$/],
    ['an error of its own', { phase: 'Error', message: 'no connection' }, 'Error', /^no connection$/],
    [
      'a phase that is none',
      { phase: 'Good' },
      'Error',
      /its phase is "Good", it must be one of Running, Successful, Failed, Error$/,
    ],
    [
      'a wait that is none',
      { phase: 'Running', afterSeconds: 0 },
      'Error',
      /its afterSeconds is 0, it must be a number from 1 to 3600/,
    ],
    [
      'notes that are too long',
      { status: 'x'.repeat(20_000) },
      'Error',
      /its status has 20002 bytes, it may have at most 16384$/,
    ],
    ['what is no JSON', 'oops', 'Error', /^the answer of the plugin is no JSON$/],
    ['another status', {}, 'Error', /^received non 2xx response code: 500 from the plugin$/, 500],
  ]
  for (const [what, given, phase, said, status] of ROWS) {
    test(`answers ${what}`, async () => {
      const { answer } = await askOnce(given, status)
      assert.equal(answer?.phase, phase)
      assert.match(answer?.message ?? '', said)
    })
  }

  test('that nobody hears is an error', async () => {
    const { plugins, answered } = make('http://127.0.0.1:1/')
    plugins.ask('shop/web', call(), ROLLOUT)
    const [answer] = await answered()
    assert.equal(answer?.phase, 'Error')
    assert.match(answer?.message ?? '', /the request failed \(ECONNREFUSED\)$/)
  })

  test('that is a program gets the question as its input, and its output is the answer', async () => {
    const file = join(folder, 'load.mjs')
    const heard = join(folder, 'heard')
    writeFileSync(
      file,
      `import { text } from 'node:stream/consumers'
import { writeFileSync } from 'node:fs'
const question = JSON.parse(await text(process.stdin))
writeFileSync(${JSON.stringify(heard)}, question.operation + ' ' + JSON.stringify(question.status))
console.log(JSON.stringify({ phase: 'Failed', message: question.rollout.metadata.name + ' has ' + question.config.users }))`,
    )
    const { plugins, answered } = make(`exec:${file}`)
    plugins.ask('shop/web', call({ operation: 'Terminate', status: { id: 7 } }), ROLLOUT)
    assert.deepEqual(await answered(), [{ id: 'Run 1', phase: 'Failed', message: 'web has 50' }])
    assert.equal(readFileSync(heard, 'utf8'), 'Terminate {"id":7}')
  })

  test('is asked once for the same question, and again for the next one when the answer was taken', async () => {
    const server = await startWebServer(() => ({ status: 200, body: { phase: 'Running' } }))
    const { plugins, answered } = make(server.origin)
    const ask = (id: string, to: StepPlugins = plugins) => to.ask('shop/web', call({ id }), ROLLOUT)
    try {
      ask('a')
      ask('a')
      const answers = await answered()
      ask('a')
      assert.equal(server.asked.length, 1)
      plugins.taken('shop/web', answers)
      assert.deepEqual(plugins.seen('shop/web').answers, [])
      ask('b')
      assert.deepEqual(
        (await answered()).map(({ id }) => id),
        ['b'],
      )
      assert.equal(server.asked.length, 2)
    } finally {
      await server.close()
    }
  })

  test('of a Rollout that is gone is forgotten, and one that is switched off is known as such', async () => {
    const server = await startWebServer(() => ({ status: 200, body: {} }))
    const { plugins, answered } = make(server.origin)
    try {
      plugins.ask('shop/web', call(), ROLLOUT)
      plugins.forget('shop/web')
      assert.deepEqual(await answered(), [])
      assert.deepEqual(plugins.seen('shop/web'), { names: ['acme/load'], disabled: ['acme/off'], answers: [] })
    } finally {
      await server.close()
    }
  })
})
