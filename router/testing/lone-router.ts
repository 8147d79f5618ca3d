/**
 * A router in a process of its own, to be forked: node lone-router.ts POD_PORT FAST_LANE(on|off). Sends its port, then answers
 * each message with a report. `exhaust` takes all file descriptors, `release` gives them back.
 */
import { closeSync, openSync } from 'node:fs'
import { startTestRouter } from './router-under-test.ts'

export type Command = { readonly do: 'report' | 'exhaust' | 'release' }
export type Report = { readonly port: number; readonly rssMiB: number; readonly connections: number; readonly failures: number }

const [podPort, fastLane] = process.argv.slice(2)
const router = await startTestRouter({}, { fastLane: fastLane === 'on' })
router.split({ v1: [Number(podPort)] })
const taken: number[] = []

const exhaust = () => {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    // That was the last one.
  }
}

const report = () => {
  const { upstreamFailures } = router.counts()
  const said: Report = {
    port: router.port,
    // Reading it takes a file descriptor.
    rssMiB: taken.length > 0 ? 0 : process.memoryUsage().rss / 1024 / 1024,
    connections: router.serving.connections,
    failures: upstreamFailures,
  }
  process.send?.(said)
}

process.on('message', (command: Command) => {
  if (command.do === 'exhaust') exhaust()
  if (command.do === 'release') for (const fd of taken.splice(0)) closeSync(fd)
  report()
})
report()
