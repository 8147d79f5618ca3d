/** The dashboard's process: node dashboard/main.ts [flags]; see --help. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SLUICE_NAMESPACE } from '../api/names.ts'
import { systemClock } from '../kube/clock.ts'
import { messageOf } from '../kube/errors.ts'
import { LOG_LEVELS, type LogLevel, makeLogger } from '../kube/log.ts'
import { dieOfUncaught, untilAskedToStop } from '../kube/process-life.ts'
import { inClusterServer, kubeconfigServer } from './cluster-server.ts'
import { runDashboard } from './run.ts'

const CA_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt'

const HELP = `Dashboard of Sluice: shows rollouts in a browser and steers them, with the rights of whoever signs in.

  --port N               HTTPS port (8443)
  --health-port N        plain port for /healthz, /readyz and /metrics (8081)
  --host ADDRESS         address to listen on (the pod's, from POD_IP; else all)
  --login HOW            token: people type in a bearer token; proxy: a proxy in front signs people in and sends their own token as
                         Authorization: Bearer with each request (token)
  --namespace NAME       looked at for people who may list neither all Rollouts nor namespaces; may be given several times
  --certificate-dir DIR  tls.crt and tls.key that somebody else keeps (a pair of its own, in memory)
  --service NAME         Service in front of it, for the names of its own pair (sluice-dashboard)
  --ca-file FILE         authority of the API server (${CA_FILE})
  --pages DIR            the built page
  --quiet-seconds N      on SIGTERM: how long to serve on while clients learn of it (5)
  --log-level LEVEL      ${LOG_LEVELS.join(', ')} (info)

It has no rights of its own and needs no ServiceAccount token. KUBECONFIG names a kubeconfig of which only the cluster is read; without one the
cluster it runs in. POD_NAMESPACE is where Sluice runs (${SLUICE_NAMESPACE}).
`

const fail = (message: string): never => {
  console.error(`error: ${message}`)
  process.exit(2)
}

const readFlags = () => {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '8443' },
        'health-port': { type: 'string', default: '8081' },
        host: { type: 'string', default: process.env['POD_IP'] ?? '0.0.0.0' },
        login: { type: 'string', default: 'token' },
        namespace: { type: 'string', multiple: true, default: [] },
        'certificate-dir': { type: 'string' },
        service: { type: 'string', default: 'sluice-dashboard' },
        'ca-file': { type: 'string', default: CA_FILE },
        pages: { type: 'string', default: join(import.meta.dirname, 'ui', 'dist') },
        'quiet-seconds': { type: 'string', default: '5' },
        'log-level': { type: 'string', default: 'info' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(`${messageOf(error)}; --help lists the flags`)
  }
}

const values = readFlags()

const numberOf = (flag: 'port' | 'health-port' | 'quiet-seconds', most: number): number => {
  const text = values[flag]
  if (!/^\d+$/.test(text) || Number(text) > most)
    fail(`--${flag}: ${JSON.stringify(text)} is not supported, must be a number from 0 to ${most}, e.g. --${flag} 5`)
  return Number(text)
}

const level: LogLevel =
  LOG_LEVELS.find(one => one === values['log-level']) ??
  fail(`--log-level: ${JSON.stringify(values['log-level'])} is not supported, must be one of ${LOG_LEVELS.join(', ')}`)

const login = (['token', 'proxy'] as const).find(one => one === values.login)

const main = async (): Promise<void> => {
  const log = makeLogger({ component: 'dashboard', level })
  dieOfUncaught(log)
  const stopped = untilAskedToStop()
  const { KUBECONFIG: kubeconfig, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
  const namespace = process.env['POD_NAMESPACE'] ?? SLUICE_NAMESPACE
  const cluster = kubeconfig
    ? await kubeconfigServer(kubeconfig)
    : inClusterServer(values['ca-file'], { ...(host && { host }), ...(port && { port }) })
  // A wrong file is said at the start, not at the first sign-in.
  await cluster.tls()
  const dashboard = await runDashboard({
    login: login ?? fail(`--login: ${JSON.stringify(values.login)} is not supported, must be token or proxy, e.g. --login token`),
    cluster,
    clock: systemClock,
    log,
    host: values.host,
    port: numberOf('port', 65_535),
    healthPort: numberOf('health-port', 65_535),
    sluiceNamespace: namespace,
    namespaces: values.namespace,
    ...(values['certificate-dir'] !== undefined && { certificateDirectory: values['certificate-dir'] }),
    dnsNames: [`${values.service}.${namespace}.svc`, values.service, `${values.service}.${namespace}`, 'localhost'],
    pages: values.pages,
  })
  await stopped
  await dashboard.stop(numberOf('quiet-seconds', 3600) * 1000)
  process.exit(0)
}

if (values.help) console.log(HELP)
else
  await main().catch((error: unknown) => {
    console.error(`error: ${messageOf(error)}`)
    process.exit(1)
  })
