/** Copies a request that Node has parsed. */
import type { IncomingMessage } from 'node:http'
import type { Copy } from './copy.ts'
import { asChunk, LAST_CHUNK, renderCopyHead } from './copy-head.ts'

/**
 * The headers are as a pod gets them. What is given back must be called with each piece of the body, by whoever reads it;
 * undefined when there is none.
 */
export const copyRequest = (req: IncomingMessage, copy: Copy): ((bytes: Buffer) => void) | undefined => {
  const isChunked = req.headers['transfer-encoding'] !== undefined
  const length = Number(req.headers['content-length'] ?? 0)
  copy.add(renderCopyHead(req))
  if (!isChunked && length === 0) {
    copy.end()
    return undefined
  }
  let seen = 0
  req.once('end', () => {
    if (isChunked) copy.add(LAST_CHUNK)
    else if (seen < length) return copy.abort()
    copy.end()
  })
  return bytes => {
    seen += bytes.length
    copy.add(isChunked ? asChunk(bytes) : bytes)
  }
}
