/**
 * An app that speaks HTTP/2 with prior knowledge, as gRPC servers do, and HTTP/1.1 for probes, on one port. Every answer says which
 * version it is, and has a gRPC status behind it.
 */
import { createServer as createHttp1 } from 'node:http'
import { createServer as createH2 } from 'node:http2'
import { createServer } from 'node:net'

const version = process.env['VERSION'] ?? 'v1'
const http1 = createHttp1((_, answer) => answer.end(`${version}\n`))
const http2 = createH2()
http2.on('stream', stream => {
  stream.on('error', () => {})
  stream.resume()
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-app-version': version }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.alloc(5))
})

const server = createServer(socket => {
  socket.on('error', () => {})
  socket.once('data', chunk => {
    socket.pause()
    socket.unshift(chunk)
    const speaksH2 = chunk.toString('latin1').startsWith('PRI ')
    const chosen = speaksH2 ? http2 : http1
    chosen.emit('connection', socket)
    if (!speaksH2) socket.resume()
  })
})
server.listen(Number(process.env['PORT'] ?? 8080), process.env['POD_IP'] ?? '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
