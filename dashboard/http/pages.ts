/** The built page (dashboard/ui): few files, read once and kept. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { RequestHandler } from 'express'
import { refuse } from './problem.ts'

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

export type Pages = ReadonlyMap<string, Buffer>

/** By path, e.g. `/app.js`; empty where the page is not built. */
export const readPages = (folder: string): Pages => {
  try {
    const files = readdirSync(folder, { withFileTypes: true }).filter(
      one => one.isFile() && TYPES[extname(one.name)] !== undefined,
    )
    return new Map(files.map(({ name }) => [`/${name}`, readFileSync(join(folder, name))]))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
}

const NOT_BUILT = 'The page is not built: run make ui in the project and start again. The REST API below /api works without it.'

/** A path without a file name is a place in the page: the page itself finds it. */
export const servePages =
  (pages: Pages): RequestHandler =>
  (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, `${request.method} is not supported here`)
    const path = extname(request.path) === '' ? '/index.html' : request.path
    const content = pages.get(path)
    if (content !== undefined) response.type(TYPES[extname(path)] ?? 'application/octet-stream').send(content)
    else if (path === '/index.html') response.status(503).type('text/plain').send(`${NOT_BUILT}\n`)
    else refuse(response, 404, `${request.path} is not there`)
  }
