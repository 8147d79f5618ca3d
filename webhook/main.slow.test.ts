import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { DEFAULT_TARGET, makeMutatingWebhookConfiguration } from './manifests.ts'
import { type ApiServer, startApiServer } from './testing/api-server.ts'
import { aReview } from './testing/client.ts'
import { aDeployment, OPTED_IN } from './testing/objects.ts'

const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sluice'

type Started = {
  readonly process: ChildProcess
  readonly port: number
  readonly healthPort: number
  readonly exited: Promise<unknown[]>
}

const start = async (api: ApiServer, directory: string, flags: readonly string[]): Promise<Started> => {
  const kubeconfig = join(directory, 'kubeconfig')
  const config = {
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server: api.url } }],
    users: [{ name: 'a', user: {} }],
  }
  await writeFile(kubeconfig, JSON.stringify(config))
  const main = new URL('./main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [main, '--port', '0', '--health-port', '0', '--host', '127.0.0.1', ...flags], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  let text = ''
  const listens = Promise.withResolvers<string>()
  child.stderr!.on('data', chunk => {
    text += chunk
    const line = text.split('\n').find(one => one.includes('the webhook listens') && one.endsWith('}'))
    if (line !== undefined) listens.resolve(line)
  })
  void exited.then(() => listens.reject(new Error(`the webhook did not start: ${text}`)))
  const { port, healthPort } = JSON.parse(await listens.promise)
  return { process: child, port, healthPort, exited }
}

const readiness = async (healthPort: number): Promise<string> => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).text()

const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
  const end = Date.now() + 30_000
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'gave up waiting')
    await wait(50)
  }
}

const bundleOf = (api: ApiServer): string => {
  const { webhooks } = api.objects.get(CONFIGURATION) as unknown as ReturnType<typeof makeMutatingWebhookConfiguration>
  return Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString()
}

const ask = (port: number, agent: Agent): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const body = aReview({ object: aDeployment({ annotations: OPTED_IN }) })
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
    const options = {
      host: '127.0.0.1',
      port,
      path: '/mutate',
      method: 'POST',
      headers,
      agent,
      servername: 'sluice-webhook.sluice-system.svc',
    }
    const sent = request(options, response => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })

test('the process makes its certificate, is ready when the API server trusts it, serves, and goes down without a dropped request', async () => {
  const api = await startApiServer()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-webhook-'))
  try {
    const webhook = await start(api, directory, ['--quiet-seconds', '4'])
    assert.match(await readiness(webhook.healthPort), /waits (for the first list|until MutatingWebhookConfiguration sluice)/)
    api.objects.set(CONFIGURATION, {
      ...makeMutatingWebhookConfiguration(DEFAULT_TARGET),
      metadata: { name: 'sluice', resourceVersion: '1' },
    } as never)
    await until(async () => (await readiness(webhook.healthPort)) === 'ok\n')
    assert.ok(api.objects.has('/api/v1/namespaces/sluice-system/secrets/sluice-webhook-tls'))
    const agent = new Agent({ keepAlive: true, ca: bundleOf(api), maxSockets: 4 })
    assert.equal((await ask(webhook.port, agent)).status, 200)
    let failed = 0
    let answered = 0
    let stop = false
    const load = Array.from({ length: 4 }, async () => {
      while (!stop) {
        await ask(webhook.port, agent).then(
          () => (answered += 1),
          () => (failed += 1),
        )
      }
    })
    await until(() => answered > 50)
    webhook.process.kill('SIGTERM')
    await until(async () => (await readiness(webhook.healthPort)) === 'going down\n')
    const before = answered
    await until(() => answered > before + 50)
    // By the end of the quiet period the endpoints have told every client.
    stop = true
    const [code] = await webhook.exited
    await Promise.all(load)
    agent.destroy()
    assert.deepEqual([code, failed], [0, 0])
  } finally {
    await api.stop()
    await rm(directory, { recursive: true, force: true })
  }
})

test('a wrong flag is refused with what is allowed', async () => {
  const main = new URL('./main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [main, '--port', 'https'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  child.stderr!.on('data', chunk => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  assert.deepEqual(
    [code, text],
    [2, 'error: --port: "https" is not supported, must be a number from 0 to 65535, e.g. --port 8443\n'],
  )
})
