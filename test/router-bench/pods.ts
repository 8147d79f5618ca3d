/** What stands behind the proxies: nginx for answers, and a pod of our own that reads what is uploaded. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { listening } from './proxies.ts'

const config = (directory: string, port: number): string => `
daemon off; master_process off; worker_processes 1; pid ${directory}/pods.pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 75s; sendfile on; tcp_nopush off; open_file_cache max=16;
  client_body_temp_path ${directory}; proxy_temp_path ${directory}; fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${directory};
    location = /small { default_type text/plain; return 200 "hello"; }
  }
}
`

/** Answers every gRPC call with five bytes, in a process of its own on the load's processor. */
export const startGrpcPod = async (port: number, cores: number): Promise<{ readonly stop: () => void }> => {
  const pin = cores > 1 ? ['taskset', '-c', '1'] : []
  const [command = '', ...args] = [...pin, process.execPath, join(import.meta.dirname, 'grpc-pod.ts'), String(port)]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  await listening(port, child)
  return { stop: () => void child.kill('SIGTERM') }
}

/** GET /small: 5 bytes; GET /large: 64 KB. `on`: its processors, as taskset has them. */
export const startAnswerPod = async (
  directory: string,
  port: number,
  cores: number,
  on = '1',
): Promise<{ readonly stop: () => void }> => {
  writeFileSync(join(directory, 'large'), Buffer.alloc(65_536, 'x'))
  writeFileSync(join(directory, 'pods.conf'), config(directory, port))
  const pin = cores > 1 ? ['taskset', '-c', on] : []
  const [command = '', ...args] = [...pin, 'nginx', '-c', join(directory, 'pods.conf'), '-p', directory, '-e', 'stderr']
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  await listening(port, child)
  return { stop: () => void child.kill('SIGTERM') }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Reads requests with a Content-Length or chunked in the plainest way, since it knows who sends them. */
const serve = (socket: Socket): void => {
  let left = 0
  let head = ''
  socket.on('error', () => {})
  socket.on('data', chunk => {
    if (left > 0) left -= chunk.length
    else {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      left = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0) - (head.length - end - 4)
      head = ''
    }
    if (left <= 0) socket.write(OK)
  })
}

export const startUploadPod = (port: number): Promise<{ readonly stop: () => void }> => {
  const server = createServer({ noDelay: true }, serve)
  return new Promise(resolve => {
    server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => resolve({ stop: () => void server.close() }))
  })
}
