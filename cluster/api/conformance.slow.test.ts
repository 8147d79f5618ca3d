import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { clientOver } from '../../kube/http-client.ts'
import { CONFORMANCE_CASES, runConformanceCase } from './conformance.ts'
import { createApiServer } from './server.ts'

describe('the in-process API server', () => {
  for (const one of CONFORMANCE_CASES) {
    test(one.name, async () => {
      const server = createApiServer()
      try {
        const unique = randomBytes(4).toString('hex')
        await runConformanceCase(one, {
          client: clientOver(server.transport()),
          unique,
          forgetHistory: async () => server.compact(),
        })
      } finally {
        await server.close()
      }
    })
  }
})
