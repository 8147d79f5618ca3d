/** The head of a copy: that of the request, with a line that says so. */
import type { IncomingMessage } from 'node:http'
import { MIRROR_HEADER } from '../../api/names.ts'

const HEAD_END = '\r\n\r\n'
const MARK = Buffer.from(`${MIRROR_HEADER}: true${HEAD_END}`, 'latin1')

/** `head` is a head as it goes to a pod, with the first bytes of the body behind it; they stay there. */
export const markHead = (head: Buffer, bodyBytes: number): Buffer => {
  const end = head.length - bodyBytes
  return Buffer.concat([head.subarray(0, end - HEAD_END.length + 2), MARK, head.subarray(end)])
}

/** The head that the headers of a request make, once they are as a pod gets them. */
export const renderCopyHead = ({ method = 'GET', url = '/', headers }: IncomingMessage): Buffer => {
  const lines = Object.entries(headers).flatMap(([name, value = []]) =>
    (typeof value === 'string' ? [value] : value).map(one => `${name}: ${one}\r\n`),
  )
  return Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('')}${MARK.toString('latin1')}`, 'latin1')
}

/** A piece of a body whose length is not known, framed again. */
export const asChunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])

export const LAST_CHUNK: Buffer = Buffer.from(`0${HEAD_END}`)
