/** http-proxy with nothing but kept connections, as a process: node bare.ts POD_PORT PORT. */
import { Agent, createServer } from 'node:http'
// Before http-proxy, which takes what this sets when it is loaded.
import '../../router/proxy/replace-extend.ts'
import HttpProxy from 'http-proxy'

const [podPort, port] = process.argv.slice(2).map(Number)
const agent = new Agent({ keepAlive: true, maxFreeSockets: 512, scheduling: 'lifo' })
const proxy = HttpProxy.createProxyServer({
  target: { host: '127.0.0.1', port: podPort ?? 0, protocol: 'http:' },
  agent,
  xfwd: true,
})
proxy.on('error', (_, __, res) => void res.end())
createServer((req, res) => proxy.web(req, res)).listen({ port, host: '127.0.0.1', backlog: 4096 })
process.once('SIGTERM', () => process.exit(0))
