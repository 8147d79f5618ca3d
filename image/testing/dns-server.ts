/** A DNS server that knows one name: enough to see whether a program's resolver works. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const A = 1
const HEADER = 12

/** Answers questions for IPv4 addresses of `name` with `address`, all others with no record. Port 53 of `host` needs root. */
export const startDnsServer = async (
  host: string,
  name: string,
  address: string,
): Promise<{ readonly stop: () => Promise<void> }> => {
  const wanted = Buffer.concat([...name.split('.').map(part => Buffer.from([part.length, ...Buffer.from(part)])), Buffer.of(0)])
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, HEADER) + 5
    const question = query.subarray(HEADER, end)
    const isKnown = question.subarray(0, -4).equals(wanted) && question.readUInt16BE(question.length - 4) === A
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, isKnown ? 1 : 0, 0, 0, 0, 0])
    // The name is that of the question (a pointer to it); type A, class IN, 60 s, 4 bytes.
    const answer = [0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]
    socket.send(Buffer.concat([header, question, Buffer.from(isKnown ? answer : [])]), from.port, from.address)
  })
  socket.bind(53, host)
  await once(socket, 'listening')
  return {
    stop: async () => {
      socket.close()
      await once(socket, 'close')
    },
  }
}
