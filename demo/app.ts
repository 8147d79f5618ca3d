/** The sample app: a small web server that says which version it is, and in which a share of the answers can be made to fail. */
import { createServer } from 'node:http'

const version = process.env['VERSION'] ?? 'v1'
/** Every n-th answer is a 500; 0 = none. */
const failEvery = Number(process.env['FAIL_EVERY'] ?? 0)
/** Every answer is written to the log too. */
const logs = process.env['LOG'] === '1'
let served = 0

const server = createServer((request, answer) => {
  if (request.url === '/healthz') return void answer.end('ok\n')
  served += 1
  const fails = failEvery > 0 && served % failEvery === 0
  answer.writeHead(fails ? 500 : 200, { 'content-type': 'text/plain', 'x-app-version': version })
  const line = `${version} ${fails ? 'failed' : 'served'} request ${served}\n`
  if (logs) process.stdout.write(line)
  answer.end(line)
})

server.listen(Number(process.env['PORT'] ?? 8080), process.env['POD_IP'] ?? '127.0.0.1', () => console.log(`${version} listens`))

// Kubernetes sends SIGTERM after the preStop hook, so by then nobody sends here any more; what is still open may end.
process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
