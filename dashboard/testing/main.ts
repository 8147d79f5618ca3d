/** Canned data in a browser, until Ctrl-C: node dashboard/testing/main.ts [--port=3100] [--at-rest=1000] [--signed-in]. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startFixtureServer } from './fixture-server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3100' },
    'at-rest': { type: 'string', default: '20' },
    'signed-in': { type: 'boolean', default: false },
  },
})
const { url } = await startFixtureServer({
  port: Number(values.port),
  atRest: Number(values['at-rest']),
  signedIn: values['signed-in'],
  pages: join(import.meta.dirname, '../ui/dist'),
})
console.log(`${url}  (the token is let-me-in)`)
