/** One try of a probe. */
import { spawn } from 'node:child_process'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Probe } from '../../api/kubernetes.ts'
import type { Environment } from './env.ts'
import type { HttpGet, NodeContainer } from './pod-types.ts'

/** `undefined`: success; otherwise what went wrong, as the event `Unhealthy` says it. */
export type ProbeResult = string | undefined

export type ProbeTarget = {
  readonly container: NodeContainer
  readonly podIP: string
  readonly cwd: string
  readonly env: Environment
  readonly timeoutMs: number
}

export function tryProbe(probe: Pick<Probe, 'httpGet' | 'tcpSocket' | 'exec'>, target: ProbeTarget): Promise<ProbeResult> {
  if (probe.httpGet) return tryHttp(probe.httpGet, target)
  if (probe.tcpSocket) return tryTcp(portOf(target.container, probe.tcpSocket.port), target)
  if (probe.exec) return runCommand(probe.exec.command ?? [], target)
  return Promise.resolve('this node knows the probes httpGet, tcpSocket and exec only')
}

/** A named port is one of the container's own. */
function portOf(container: NodeContainer, port: number | string): number {
  if (typeof port === 'number') return port
  return container.ports?.find(candidate => candidate.name === port)?.containerPort ?? Number(port)
}

/** Success is any status from 200 to 399; certificates are not verified, as by the kubelet. */
function tryHttp(
  { host, port, path = '/', scheme = 'HTTP', httpHeaders = [] }: HttpGet,
  target: ProbeTarget,
): Promise<ProbeResult> {
  const options = {
    host: host ?? target.podIP,
    port: portOf(target.container, port),
    path,
    agent: false,
    headers: {
      'user-agent': 'kube-probe/1.34',
      accept: '*/*',
      connection: 'close',
      ...Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])),
    },
    signal: AbortSignal.timeout(target.timeoutMs),
  }
  return new Promise(resolve => {
    const request = scheme === 'HTTPS' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options)
    request.once('response', response => {
      const status = response.statusCode ?? 0
      response.on('error', () => {})
      response.resume()
      resolve(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`)
    })
    request.once('error', error =>
      resolve(`Get "${scheme.toLowerCase()}://${options.host}:${options.port}${path}": ${whyFailed(error, target)}`),
    )
    request.end()
  })
}

function tryTcp(port: number, target: ProbeTarget): Promise<ProbeResult> {
  return new Promise(resolve => {
    const socket = connect({ host: target.podIP, port, signal: AbortSignal.timeout(target.timeoutMs) })
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', error => resolve(`dial tcp ${target.podIP}:${port}: ${whyFailed(error, target)}`))
  })
}

/** Runs a command beside the container's process; success is exit code 0. */
export function runCommand(
  [program = '', ...args]: readonly string[],
  { cwd, env, timeoutMs }: Omit<ProbeTarget, 'container' | 'podIP'>,
): Promise<ProbeResult> {
  return new Promise(resolve => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' })
    let output = ''
    const keep = (chunk: Buffer) => {
      if (output.length < 1024) output += chunk.toString('utf8')
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', error => resolve(`cannot start ${JSON.stringify(program)}: ${error.message}`))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined)
      else
        resolve(signal ? `command timed out after ${timeoutMs / 1000}s` : output.trim() || `command ended with exit code ${code}`)
    })
  })
}

const whyFailed = (error: Error, { timeoutMs }: ProbeTarget): string =>
  error.name === 'AbortError' || error.name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000}s` : error.message
