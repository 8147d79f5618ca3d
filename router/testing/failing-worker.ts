/** A worker with a bug that shows on SIGHUP. */
import { runWorker } from '../workers/main.ts'

runWorker()
process.on('SIGHUP', () => {
  throw new Error('a bug')
})
