/** The proxies side by side: same split of 80 to 20, same headers added, kept connections on both sides, one worker. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type Running = { readonly name: ProxyName; readonly pid: number; readonly port: number; readonly stop: () => void }
export type ProxyName = 'sluice' | 'nginx' | 'haproxy' | 'http-proxy'

export type Setting = {
  /** `grpc`: HTTP/2 on both sides, nginx and this router only. */
  readonly kind: 'http' | 'grpc'
  readonly directory: string
  readonly podPort: number
  /** Where each proxy listens. */
  readonly port: number
  readonly cores: number
  readonly profile: boolean
}

export const nginxConfig = ({ directory, podPort, port }: Setting): string => `
daemon off; master_process off; worker_processes 1; pid ${directory}/nginx-${port}.pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 75s; tcp_nodelay on;
  client_body_temp_path ${directory}; proxy_temp_path ${directory}; fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  client_body_buffer_size 128k; proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 64k;
  split_clients "$connection-$connection_requests" $version { 20% v2; * v1; }
  upstream v1 { server 127.0.0.1:${podPort}; keepalive 512; keepalive_requests 100000000; }
  upstream v2 { server 127.0.0.1:${podPort}; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://$version;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }
}
`

/** nginx keeps no split per request for gRPC but by variable; its connections to the pods carry many streams, one after another. */
const nginxGrpcConfig = ({ directory, podPort, port }: Setting): string => `
daemon off; master_process off; worker_processes 1; pid ${directory}/nginx-${port}.pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 75s; tcp_nodelay on;
  http2_max_concurrent_streams 1000;
  client_body_temp_path ${directory}; proxy_temp_path ${directory}; fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  split_clients "$connection-$connection_requests-$request_id" $version { 20% v2; * v1; }
  upstream v1 { server 127.0.0.1:${podPort}; keepalive 512; keepalive_requests 100000000; }
  upstream v2 { server 127.0.0.1:${podPort}; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} http2 backlog=4096;
    location / {
      grpc_pass grpc://$version;
      grpc_set_header Host $http_host;
      grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      grpc_set_header X-Forwarded-Proto http;
      grpc_set_header X-Forwarded-Host $http_host;
    }
  }
}
`

const haproxyConfig = ({ podPort, port }: Setting): string => `
global
  maxconn 8192
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  option forwardfor
  http-reuse always
  option http-keep-alive
frontend web
  bind 127.0.0.1:${port} backlog 4096
  default_backend pods
backend pods
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  server v1 127.0.0.1:${podPort} weight 80 pool-max-conn 512
  server v2 127.0.0.1:${podPort} weight 20 pool-max-conn 512
`

const has = (tool: string): string | undefined =>
  ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin']
    .map(folder => join(folder, tool))
    .find(path => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

export const isInstalled = (tool: string): boolean => has(tool) !== undefined

/** The command line of a proxy; undefined when it is not installed. Its configuration is written to the directory. */
const commandOf = (name: ProxyName, setting: Setting): readonly string[] | undefined => {
  const { directory, podPort, port, profile } = setting
  const file = join(directory, `${name}-${port}.conf`)
  const own = (script: string) => [
    process.execPath,
    ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${directory}`] : []),
    join(import.meta.dirname, script),
    String(podPort),
    String(port),
  ]
  if (name === 'sluice') return own('sluice.ts')
  if (setting.kind === 'grpc' && name !== 'nginx') return undefined
  if (name === 'http-proxy') return own('bare.ts')
  const tool = has(name)
  if (!tool) return undefined
  const nginx = setting.kind === 'grpc' ? nginxGrpcConfig : nginxConfig
  writeFileSync(file, name === 'nginx' ? nginx(setting) : haproxyConfig(setting))
  return name === 'nginx' ? [tool, '-c', file, '-p', directory, '-e', 'stderr'] : [tool, '-db', '-f', file]
}

export const startProxy = async (name: ProxyName, setting: Setting): Promise<Running | undefined> => {
  const line = commandOf(name, setting)
  if (!line) return undefined
  return startAs(name, { port: setting.port, line, pin: setting.cores > 1 ? '0' : undefined })
}

/** Processors, as taskset has them; undefined: all. */
export type Pinning = string | undefined

export type Start = { readonly port: number; readonly line: readonly string[]; readonly pin: Pinning }

/** taskset becomes the proxy itself, so the process id is the proxy's. */
export const startAs = async (name: ProxyName, { port, line, pin }: Start): Promise<Running> => {
  const [command = '', ...args] = pin === undefined ? line : ['taskset', '-c', pin, ...line]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  await listening(port, child)
  return { name, pid: child.pid ?? 0, port, stop: () => void child.kill('SIGTERM') }
}

export const listening = async (port: number, child: ChildProcess): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`a process that should listen on ${port} ended with ${child.exitCode}`)
    const socket = connect({ port, host: '127.0.0.1' })
    const isUp = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'close').then(() => false)]).catch(
      () => false,
    )
    socket.destroy()
    if (isUp) return
    await sleep(50)
  }
  throw new Error(`nothing listens on ${port}`)
}
