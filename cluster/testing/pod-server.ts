/**
 * A small HTTP server for tests of the node, run as a pod's container: `node pod-server.ts [FLAG...]`.
 * `/env` answers its environment as JSON, `/exit/N` ends it with code N, `/unready` and `/ready` decide what `/health` says.
 * Flags: --ignore-sigterm, --slow-exit=MS (answers on after SIGTERM for so long), --spawn (starts a process of its own that sleeps).
 */
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'

const flags = process.argv.slice(2)
const say = (text: string) => process.stdout.write(`${text}\n`)
const slowExit = Number(flags.find(flag => flag.startsWith('--slow-exit='))?.split('=')[1] ?? 0)
let healthy = true

if (flags.includes('--spawn')) {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  say(`spawned ${child.pid}`)
}

const server = createServer((request, response) => {
  const path = request.url ?? '/'
  if (path === '/unready') healthy = false
  if (path === '/ready') healthy = true
  if (path.startsWith('/exit/')) process.exit(Number(path.slice('/exit/'.length)))
  response.statusCode = path === '/health' && !healthy ? 503 : 200
  response.end(
    path === '/env' ? JSON.stringify({ ...process.env, cwd: process.cwd(), argv: flags }) : `${process.env['HOSTNAME']}\n`,
  )
})

process.on('SIGTERM', () => {
  say('got SIGTERM')
  if (!flags.includes('--ignore-sigterm')) setTimeout(() => process.exit(0), slowExit)
})

server.listen(Number(process.env['PORT'] ?? 8080), process.env['POD_IP'], () => say('listening'))
