/** Pods that write down which requests they saw, each with the parser of another server. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, deadPort, startPod } from '../../router/testing/pods.ts'

export type Seen = {
  readonly method: string
  readonly target: string
  /** It has the header that the router gives to each request that it passes on. */
  readonly marked: boolean
  /** Undefined where the server does not tell. */
  readonly body?: string
}

export type WitnessPod = {
  readonly port: number
  readonly seen: () => readonly Seen[]
  readonly forget: () => void
  readonly close: () => void | Promise<void>
}

/** Undefined when the server is not installed here. */
export type StartWitness = () => Promise<WitnessPod | undefined>

const startNode: StartWitness = async () => {
  let seen: Seen[] = []
  const pod = await startPod((req, res) => {
    let body = ''
    req.setEncoding('latin1')
    req.on('data', chunk => {
      body += chunk
    })
    req.on('end', () => {
      seen.push({ method: req.method ?? '', target: req.url ?? '', marked: req.headers['x-forwarded-for'] !== undefined, body })
      res.end('ok')
    })
  })
  return {
    port: pod.port,
    seen: () => seen,
    forget: () => {
      seen = []
    },
    close: pod.close,
  }
}

const nginxConfig = (directory: string, port: number): string => `
daemon off; master_process off; pid ${directory}/pid; error_log /dev/null;
events { worker_connections 1024; }
http {
  log_format seen escape=json '{"method":"$request_method","target":"$request_uri","xff":"$http_x_forwarded_for","status":"$status"}';
  access_log ${directory}/seen seen;
  client_body_temp_path ${directory}; proxy_temp_path ${directory}; fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }
}
`

type Logged = { readonly method: string; readonly target: string; readonly xff: string; readonly status: string }

const startNginx: StartWitness = async () => {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'sluice-nginx-'))
  const port = await deadPort()
  writeFileSync(join(directory, 'conf'), nginxConfig(directory, port))
  writeFileSync(join(directory, 'seen'), '')
  const child = spawn('nginx', ['-c', join(directory, 'conf'), '-p', directory, '-e', 'stderr'], { stdio: 'ignore' })
  for (let tries = 0; tries < 100; tries++) {
    const isUp = await ask(port).then(
      () => true,
      () => false,
    )
    if (isUp) break
    await sleep(50)
  }
  const lines = () => readFileSync(join(directory, 'seen'), 'latin1').trimEnd().split('\n')
  let from = lines().length
  return {
    port,
    // What it refused was no request to it.
    seen: () =>
      lines()
        .slice(from)
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as Logged)
        .filter(({ status }) => status !== '400')
        .map(({ method, target, xff }) => ({ method, target, marked: xff !== '' })),
    forget: () => {
      from = lines().length
    },
    close: () => {
      child.kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const startGo: StartWitness = async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-go-'))
  const binary = join(directory, 'pod')
  const built = spawnSync('go', ['build', '-o', binary, '.'], { cwd: join(import.meta.dirname, 'go') })
  if (built.status !== 0) {
    rmSync(directory, { recursive: true, force: true })
    if (built.error) return undefined
    throw new Error(`go build: ${built.stderr}`)
  }
  const child = spawn(binary, { stdio: ['ignore', 'pipe', 'ignore'] })
  let seen: Seen[] = []
  const lines = createInterface(child.stdout)
  const port = await new Promise<number>(resolve => lines.once('line', line => resolve(Number(line))))
  lines.on('line', line => seen.push(JSON.parse(line) as Seen))
  return {
    port,
    seen: () => seen,
    forget: () => {
      seen = []
    },
    close: () => {
      child.kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export const WITNESSES: { readonly [name: string]: StartWitness } = { Node: startNode, nginx: startNginx, Go: startGo }
