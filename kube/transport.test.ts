import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readText } from './answer.ts'
import { makeAuthority, makeServing } from './certificate-pair.ts'
import { apiServerOf } from './cluster-access.ts'
import { isApiError } from './errors.ts'
import { clientOver } from './http-client.ts'
import { CONFIG_MAPS } from './resources.ts'
import { makeFakeClock } from './testing/fake-clock.ts'
import { type HostileOptions, startHostileServer } from './testing/hostile-server.ts'
import { type HttpTransport, type KubeconfigOptions, kubeconfigTransport } from './transport.ts'

const directoryFor = async (t: TestContext): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-transport-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

type Parts = { readonly server: string; readonly cluster?: object; readonly user?: object }

const writeKubeconfig = async (directory: string, { server, cluster = {}, user = {} }: Parts): Promise<string> => {
  const path = join(directory, 'config')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user }],
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

const connect = async (t: TestContext, options: KubeconfigOptions): Promise<HttpTransport> => {
  const transport = await kubeconfigTransport(options)
  t.after(() => transport.close())
  return transport
}

const serverFor = async (t: TestContext, options: HostileOptions = {}) => {
  const server = await startHostileServer(options)
  t.after(() => server.close())
  return server
}

test('two hundred calls, one after another or at once, share a few connections', async t => {
  const server = await serverFor(t)
  const transport = await connect(t, { kubeconfig: await writeKubeconfig(await directoryFor(t), { server: server.url }) })
  const client = clientOver(transport)
  for (let i = 0; i < 100; i += 1) await client.list(CONFIG_MAPS, { namespace: 'shop' })
  // The second call may come before the first connection is free again.
  assert.ok(server.counts.connections <= 2, `${server.counts.connections} connections`)
  await Promise.all(Array.from({ length: 100 }, () => client.list(CONFIG_MAPS)))
  assert.ok(server.counts.connections <= 9, `${server.counts.connections} connections`)
  assert.equal(transport.namespace, 'shop')
})

/** A server with a certificate of an authority of its own. */
const tlsServerFor = async (t: TestContext) => {
  const authority = await makeAuthority('test', Date.now())
  const { cert, key } = await makeServing(authority, ['kubernetes.default.svc', '127.0.0.1'], Date.now())
  return { authority, server: await serverFor(t, { tls: { cert, key } }) }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('https is checked against the authority of the kubeconfig, given as data or as a file', async t => {
  const { authority, server } = await tlsServerFor(t)
  const directory = await directoryFor(t)
  await writeFile(join(directory, 'ca.crt'), authority.cert)
  const attempt = async (cluster: object) => {
    const transport = await connect(t, { kubeconfig: await writeKubeconfig(directory, { server: server.url, cluster }) })
    return clientOver(transport).list(CONFIG_MAPS)
  }
  await attempt({ 'certificate-authority-data': base64(authority.cert) })
  await attempt({ 'certificate-authority': 'ca.crt' })
  await attempt({ 'certificate-authority': 'ca.crt', 'tls-server-name': 'kubernetes.default.svc' })
  await attempt({ 'insecure-skip-tls-verify': true })
  await assert.rejects(attempt({}), /self-signed|unable to (verify|get)/)
  await assert.rejects(attempt({ 'certificate-authority': 'ca.crt', 'tls-server-name': 'other.svc' }), /altnames/)
  const other = await makeAuthority('other', Date.now())
  await assert.rejects(attempt({ 'certificate-authority-data': base64(other.cert) }), /self-signed|unable to|signature/)
})

test('two hundred calls over TLS need a few handshakes, and a rotated client certificate new ones', async t => {
  const { authority, server } = await tlsServerFor(t)
  const directory = await directoryFor(t)
  const clock = makeFakeClock()
  const writeClientPair = async () => {
    const pair = await makeServing(authority, ['client'], Date.now())
    await writeFile(join(directory, 'client.crt'), pair.cert)
    await writeFile(join(directory, 'client.key'), pair.key)
  }
  await writeClientPair()
  const cluster = { 'certificate-authority-data': base64(authority.cert) }
  const user = { 'client-certificate': 'client.crt', 'client-key': 'client.key' }
  const kubeconfig = await writeKubeconfig(directory, { server: server.url, cluster, user })
  const client = clientOver(await connect(t, { kubeconfig, clock }))
  for (let i = 0; i < 200; i += 1) await client.list(CONFIG_MAPS)
  const before = server.counts.connections
  assert.ok(before <= 2, `${before} handshakes`)
  clock.jump(10_000)
  await client.list(CONFIG_MAPS)
  assert.equal(server.counts.connections, before)
  await writeClientPair()
  clock.jump(10_000)
  await client.list(CONFIG_MAPS)
  assert.equal(server.counts.connections, before + 1)
})

test('open watches do not keep calls waiting', async t => {
  const server = await serverFor(t)
  const client = clientOver(
    await connect(t, { kubeconfig: await writeKubeconfig(await directoryFor(t), { server: server.url }) }),
  )
  const abort = new AbortController()
  const watching = Array.from({ length: 20 }, async () => {
    const options = { resourceVersion: '100', timeoutSeconds: 300, idleMs: 60_000, signal: abort.signal }
    for await (const event of client.watch(CONFIG_MAPS, options)) return event.type
    return 'ended'
  })
  while (server.openWatches() < 20) await new Promise(setImmediate)
  await client.list(CONFIG_MAPS)
  server.put('a', '1')
  assert.deepEqual([...new Set(await Promise.all(watching))], ['ADDED'])
  abort.abort()
})

/** A server that answers one request on each connection and resets the connection at the second. */
const staleServer = async (t: TestContext) => {
  const seen: string[] = []
  const used = new WeakSet<Socket>()
  const server = createServer((request, response) => {
    seen.push(request.method ?? '')
    if (used.has(request.socket)) return void request.socket.resetAndDestroy()
    used.add(request.socket)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"X","metadata":{"name":"a","namespace":"b"}}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a GET on a connection that went stale is sent once more, a POST is not', async t => {
  const server = await staleServer(t)
  const client = clientOver(
    await connect(t, { kubeconfig: await writeKubeconfig(await directoryFor(t), { server: server.url }) }),
  )
  const ref = { namespace: 'b', name: 'a' }
  for (let i = 0; i < 10; i += 1) await client.get(CONFIG_MAPS, ref)
  assert.ok(server.seen.length > 10, `${server.seen.length} requests for 10 calls`)
  server.seen.length = 0
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } }
  const outcomes: string[] = []
  for (let i = 0; i < 10; i += 1)
    outcomes.push(
      await client.create(CONFIG_MAPS, object).then(
        () => 'made',
        () => 'lost',
      ),
    )
  assert.ok(outcomes.includes('lost'))
  assert.equal(server.seen.length, 10)
})

test('a rotated token file is read again after a while, and at once after a refusal', async t => {
  const server = await serverFor(t)
  const directory = await directoryFor(t)
  const tokenFile = join(directory, 'token')
  await writeFile(tokenFile, 'one\n')
  const clock = makeFakeClock()
  // A relative path is taken from the directory of the kubeconfig.
  const kubeconfig = await writeKubeconfig(directory, { server: server.url, user: { tokenFile: 'token' } })
  const client = clientOver(await connect(t, { kubeconfig, clock }))
  server.requireToken('one')
  await client.list(CONFIG_MAPS)
  await writeFile(tokenFile, 'two\n')
  server.requireToken('two')
  await client.list(CONFIG_MAPS)
  assert.equal(server.counts.requests, 3)
  await writeFile(tokenFile, 'three\n')
  clock.jump(10_000)
  server.requireToken('three')
  await client.list(CONFIG_MAPS)
  assert.equal(server.counts.requests, 4)
  // A missing file, for the moment in which it is replaced, is no reason to stop.
  await rm(tokenFile)
  clock.jump(10_000)
  await client.list(CONFIG_MAPS)
  server.requireToken('four')
  await assert.rejects(client.list(CONFIG_MAPS), error => isApiError(error) && error.status === 401)
  assert.ok(server.counts.connections <= 2, `${server.counts.connections} connections`)
})

test('inside a pod the files of its ServiceAccount are used, and without them the error says so', async t => {
  const directory = await directoryFor(t)
  await assert.rejects(kubeconfigTransport({ inCluster: { directory } }), /no kubeconfig was given and this is not a pod/)
  await Promise.all(
    Object.entries({ token: 't', 'ca.crt': 'x', namespace: 'sluice-system\n' }).map(([name, text]) =>
      writeFile(join(directory, name), text),
    ),
  )
  const transport = await connect(t, { inCluster: { directory, host: '::1', port: '6443' } })
  assert.deepEqual([transport.server, transport.namespace], ['https://[::1]:6443', 'sluice-system'])
})

test("inside a pod the API server's address is the one in its environment, so that no DNS is needed", async t => {
  const directory = await directoryFor(t)
  for (const name of ['token', 'ca.crt', 'namespace']) await writeFile(join(directory, name), 'x')
  const place = async (environment: Record<string, string>) =>
    (await connect(t, { inCluster: { directory, ...apiServerOf(environment) } })).server
  assert.equal(await place({ KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '6443' }), 'https://10.96.0.1:6443')
  assert.equal(await place({}), 'https://kubernetes.default.svc:443')
})

const headersSeen = async (t: TestContext, user: object, cluster: object = {}) => {
  const seen: Record<string, unknown>[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const directory = await directoryFor(t)
  await mkdir(join(directory, 'bin'))
  const parts = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`, cluster, user }
  const transport = await connect(t, { kubeconfig: await writeKubeconfig(directory, parts) })
  const answer = await transport({ method: 'GET', path: '/version', headers: { accept: 'application/json' } })
  await readText(answer.body)
  return seen[0] ?? {}
}

test('token, password and impersonation become headers', async t => {
  assert.equal((await headersSeen(t, { token: 'abc' }))['authorization'], 'Bearer abc')
  assert.equal((await headersSeen(t, { username: 'a', password: 'b' }))['authorization'], 'Basic YTpi')
  const as = await headersSeen(t, { token: 'abc', as: 'bob', 'as-groups': ['x', 'y'] })
  assert.deepEqual([as['impersonate-user'], as['impersonate-group']], ['bob', 'x, y'])
})

test('a credential plugin is run by client-node', async t => {
  const credential = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'from-plugin' },
  })
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: '/bin/echo',
    args: [credential],
    interactiveMode: 'Never',
  }
  assert.equal((await headersSeen(t, { exec }))['authorization'], 'Bearer from-plugin')
})

test('what is wrong in a kubeconfig is named', async t => {
  const directory = await directoryFor(t)
  const path = join(directory, 'config')
  const attempt = async (text: string, context?: string) => {
    await writeFile(path, text)
    return kubeconfigTransport({ kubeconfig: path, ...(context === undefined ? {} : { context }) })
  }
  await assert.rejects(kubeconfigTransport({ kubeconfig: join(directory, 'nowhere') }), /nowhere: ENOENT/)
  await assert.rejects(attempt('just text'), /not a mapping/)
  await assert.rejects(attempt('{"a": '), /not YAML/)
  await assert.rejects(attempt('{}'), /no current-context/)
  const contexts = '{"contexts":[{"name":"a","context":{"cluster":"c"}}]'
  await assert.rejects(attempt(`${contexts}}`, 'b'), /no context "b"; there are: a/)
  await assert.rejects(attempt(`${contexts}}`, 'a'), /names cluster "c", which is not in the file/)
  await assert.rejects(
    attempt(`${contexts},"clusters":[{"name":"c","cluster":{"server":"10.0.0.1"}}]}`, 'a'),
    /server is "10.0.0.1"; it must/,
  )
})

test('several kubeconfigs are merged, the first that names something wins', async t => {
  const directory = await directoryFor(t)
  const first = join(directory, 'first')
  await writeFile(first, 'current-context: x\ncontexts:\n- name: x\n  context: {cluster: c, namespace: one}\n')
  const second = join(directory, 'second')
  await writeFile(
    second,
    'current-context: y\ncontexts:\n- name: x\n  context: {cluster: no}\nclusters:\n- name: c\n  cluster: {server: "http://127.0.0.1:1/"}\n',
  )
  const transport = await connect(t, { kubeconfig: [first, join(directory, 'missing'), second].join(':') })
  assert.deepEqual([transport.server, transport.namespace], ['http://127.0.0.1:1', 'one'])
})
