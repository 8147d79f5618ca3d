import { systemClock } from '../../kube/clock.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'

const parsePort = (text: unknown): number => {
  if (typeof text !== 'string' || !/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new CliError(`--port: ${JSON.stringify(text)} is no port, e.g. --port 3100; 0 is any free one`, 2)
  return Number(text)
}

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

const run = async (session: Session, _target: string, { port }: Values): Promise<number> => {
  const wanted = parsePort(port)
  const { client, stream, namespace, server } = await session.cluster()
  // Loaded only here: no other command needs a web server.
  const { startLocalDashboard } = await import('../../dashboard/run-local.ts')
  const dashboard = await startLocalDashboard({
    ...{ client, stream, cluster: server, namespace, port: wanted, clock: systemClock },
    sluiceNamespace: session.sluiceNamespace,
  }).catch((error: unknown) => {
    throw isTaken(error)
      ? new CliError(`port ${wanted} is taken; choose another with --port, or --port 0 for any free one`)
      : error
  })
  const { terminal, signal } = session
  terminal.write(`${dashboard.url}\n`)
  terminal.write('Open it in a browser on this machine; whoever has the address acts as you. Ctrl-C ends it.\n')
  if (!dashboard.isBuilt) terminal.write('The page is not built, only the REST API is served: make ui builds it.\n')
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  await dashboard.stop()
  return 0
}

export const dashboard: Command = {
  name: 'dashboard',
  summary: 'show and steer updates in a browser on this machine, with the rights of your kubeconfig',
  takes: 'words',
  options: [{ flags: '-p, --port <number>', description: 'of 127.0.0.1; 0 is any free one', default: '3100' }],
  examples: ['dashboard', 'dashboard --port 0'],
  run,
}
