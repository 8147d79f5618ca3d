/** The sidecar's process: `router --sidecar`. Everything that it is told is in its environment, put there by the webhook. */
import { SIDECAR_ADMIN_PORT, SIDECAR_HEALTH_PORT } from '../../api/sidecar.ts'
import { VERSION } from '../../api/version.ts'
import { systemClock } from '../../kube/clock.ts'
import { makeLogger } from '../../kube/log.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { readEnvironment } from './environment.ts'
import { startSidecar } from './sidecar.ts'

/** Long enough for every node to hear that the pod is going, short enough for what is left of a pod's grace. */
const QUIET_MS = 3_000
const DRAIN_MS = 20_000

export const runSidecar = async (): Promise<void> => {
  const read = readEnvironment(process.env)
  if ('problems' in read) {
    process.stderr.write(`${read.problems.join('\n')}\n`)
    process.exit(2)
  }
  const { settings } = read
  const log = makeLogger({ component: 'sidecar', level: 'info' }).with({ pod: settings.pod.name })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.error('ends because of an error that nobody caught', { event, error })
      process.exit(1)
    })
  }
  const sidecar = await startSidecar({
    ...settings,
    adminPort: SIDECAR_ADMIN_PORT,
    healthPort: SIDECAR_HEALTH_PORT,
    quietMs: QUIET_MS,
    drainMs: DRAIN_MS,
    limits: DEFAULT_LIMITS,
    clock: systemClock,
    log,
    version: VERSION,
  })
  log.info('sidecar started', { ports: settings.pod.ports, version: VERSION })
  const leave = () => {
    sidecar.drain().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('the drain failed', { error })
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', leave)
  process.once('SIGINT', leave)
}
