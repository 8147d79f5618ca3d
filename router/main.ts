/**
 * The router process. Ends with 0 after SIGTERM or SIGINT and a drain, with 1 on an error that nobody caught, with 2 on wrong
 * flags.
 */

import { availableParallelism } from 'node:os'
import { VERSION } from '../api/version.ts'
import { systemClock } from '../kube/clock.ts'
import { apiServerOf } from '../kube/cluster-access.ts'
import { clientOver } from '../kube/http-client.ts'
import { makeLogger } from '../kube/log.ts'
import { kubeconfigTransport } from '../kube/transport.ts'
import { readSettings, USAGE, workerProcesses } from './flags.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { startRouter } from './router.ts'
import { runSidecar } from './sidecar/main.ts'
import { runWorker } from './workers/main.ts'

/** Said by the router itself to the processes that it forks. */
const WORKER = '--worker-of-router'

if (process.argv.includes('--help')) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const runShared = async (): Promise<void> => {
  const read = readSettings(process.argv.slice(2), process.env)
  if ('problems' in read) {
    process.stderr.write(`${read.problems.join('\n')}\n\n${USAGE}`)
    process.exit(2)
  }
  const {
    pod,
    kubeconfig,
    adminPort,
    healthPort,
    stateDir,
    quietMs,
    drainMs,
    lingerMs,
    upstreamTimeoutMs,
    maxEjectedPercent,
    maxConnections,
    place,
    fastLane,
    workers,
    logLevel,
  } = read.settings
  const log = makeLogger({ component: 'router', level: logLevel }).with({ pod: pod.name })

  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.error('ends because of an error that nobody caught', { event, error })
      process.exit(1)
    })
  }

  const processes = workerProcesses(workers, availableParallelism())
  const transport = await kubeconfigTransport({ inCluster: apiServerOf(process.env), ...(kubeconfig && { kubeconfig }) })
  const router = await startRouter({
    client: clientOver(transport),
    log,
    clock: systemClock,
    pod,
    adminPort,
    healthPort,
    quietMs,
    drainMs,
    lingerMs,
    limits: { ...DEFAULT_LIMITS, answerTimeoutMs: upstreamTimeoutMs, maxEjectedPercent, maxConnections },
    fastLane,
    ...(place && { place }),
    version: VERSION,
    ...(processes > 0 ? { workers: { workers: processes, script: import.meta.filename, args: [WORKER], logLevel } } : {}),
    ...(stateDir === undefined ? {} : { stateDir }),
  })
  log.info('router started', { ip: pod.ip, adminPort, healthPort, workers: processes, version: VERSION })

  const leave = (signal: NodeJS.Signals) => {
    log.info('told to end', { signal })
    router.drain().then(
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

// A sidecar is told everything by its environment, a worker by the process that forked it.
if (process.argv.includes(WORKER)) runWorker()
else if (process.argv.includes('--sidecar')) await runSidecar()
else await runShared()
