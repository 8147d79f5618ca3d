/** The webhook's process: node webhook/main.ts [flags]; see --help. */
import { parseArgs } from 'node:util'
import { CONTROLLER_USER, SLUICE_NAMESPACE } from '../api/names.ts'
import { systemClock } from '../kube/clock.ts'
import { apiServerOf } from '../kube/cluster-access.ts'
import { messageOf } from '../kube/errors.ts'
import { clientOver } from '../kube/http-client.ts'
import { LOG_LEVELS, type LogLevel, makeLogger } from '../kube/log.ts'
import { dieOfUncaught, untilAskedToStop } from '../kube/process-life.ts'
import { kubeconfigTransport } from '../kube/transport.ts'
import { runWebhook } from './run.ts'

const HELP = `Admission webhook of Sluice: holds new versions of opted-in Deployments, labels Services, refuses wrong annotations.

  --port N               HTTPS port for the API server (8443)
  --health-port N        plain port for /healthz, /readyz and /metrics (8081)
  --host ADDRESS         address to listen on (the pod's, from POD_IP; else all)
  --service NAME         Service in front of the webhook (sluice-webhook)
  --service-port N       its port (443)
  --quiet-seconds N      on SIGTERM: how long to serve on while clients learn of it (5)
  --configuration NAME   the MutatingWebhookConfiguration (sluice)
  --create-configuration make it when there is none
  --controller-user USER whose writes are never looked at (${CONTROLLER_USER})
  --certificate-dir DIR  tls.crt, tls.key and ca.crt that somebody else keeps, with the configuration's caBundle (own, in a Secret)
  --sidecar-image IMAGE  what sidecars run (none: pods that need one are refused)
  --sidecar-command JSON in place of the image's entry, e.g. ["node", "/opt/sluice/main.mjs", "router"]
  --sidecar-cpu Q        CPU that a sidecar requests (10m)
  --sidecar-memory Q     memory that a sidecar requests (96Mi)
  --log-level LEVEL      ${LOG_LEVELS.join(', ')} (info)

KUBECONFIG names the kubeconfig; without one the pod's own ServiceAccount is used. POD_NAMESPACE is the namespace (${SLUICE_NAMESPACE}).
`

const fail = (message: string): never => {
  console.error(`error: ${message}`)
  process.exit(2)
}

const readFlags = () =>
  parseArgs({
    options: {
      port: { type: 'string', default: '8443' },
      'health-port': { type: 'string', default: '8081' },
      host: { type: 'string', default: process.env['POD_IP'] ?? '0.0.0.0' },
      service: { type: 'string', default: 'sluice-webhook' },
      'service-port': { type: 'string', default: '443' },
      'quiet-seconds': { type: 'string', default: '5' },
      configuration: { type: 'string', default: 'sluice' },
      'controller-user': { type: 'string', default: CONTROLLER_USER },
      'certificate-dir': { type: 'string' },
      'sidecar-image': { type: 'string' },
      'sidecar-command': { type: 'string' },
      'sidecar-cpu': { type: 'string', default: '10m' },
      'sidecar-memory': { type: 'string', default: '96Mi' },
      'create-configuration': { type: 'boolean', default: false },
      'log-level': { type: 'string', default: 'info' },
      help: { type: 'boolean', default: false },
    },
  }).values

const flagsOrExit = (): ReturnType<typeof readFlags> => {
  try {
    return readFlags()
  } catch (error) {
    return fail(`${messageOf(error)}; --help lists the flags`)
  }
}

const values = flagsOrExit()

const numberOf = (flag: 'port' | 'health-port' | 'service-port' | 'quiet-seconds', most: number): number => {
  const text = values[flag]
  if (!/^\d+$/.test(text) || Number(text) > most)
    fail(
      `--${flag}: ${JSON.stringify(text)} is not supported, must be a number from 0 to ${most}, e.g. --${flag} ${most > 65_000 ? 8443 : 5}`,
    )
  return Number(text)
}

const levelOf = (text: string): LogLevel =>
  LOG_LEVELS.find(level => level === text) ??
  fail(`--log-level: ${JSON.stringify(text)} is not supported, must be one of ${LOG_LEVELS.join(', ')}`)

const commandOf = (text: string): readonly string[] => {
  const example = 'must be a JSON list of strings, e.g. --sidecar-command \'["node", "/opt/sluice/main.mjs", "router"]\''
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value) && value.length > 0 && value.every(part => typeof part === 'string')) return value
  } catch {
    return fail(`--sidecar-command: ${JSON.stringify(text)} is not JSON, ${example}`)
  }
  return fail(`--sidecar-command: ${JSON.stringify(text)} is not supported, ${example}`)
}

const sidecarOf = () => {
  const { 'sidecar-image': image, 'sidecar-command': command, 'sidecar-cpu': cpu, 'sidecar-memory': memory } = values
  if (image === undefined) return {}
  return { sidecar: { image, cpu, memory, ...(command !== undefined && { command: commandOf(command) }) } }
}

const main = async (): Promise<void> => {
  const quietMs = numberOf('quiet-seconds', 3600) * 1000
  const ports = { port: numberOf('port', 65_535), healthPort: numberOf('health-port', 65_535) }
  const log = makeLogger({ component: 'webhook', level: levelOf(values['log-level']) })
  dieOfUncaught(log)
  const stopped = untilAskedToStop()
  const kubeconfig = process.env['KUBECONFIG']
  const transport = await kubeconfigTransport({ inCluster: apiServerOf(process.env), ...(kubeconfig && { kubeconfig }) })
  const webhook = await runWebhook({
    client: clientOver(transport),
    clock: systemClock,
    log,
    host: values.host,
    ...ports,
    target: {
      namespace: process.env['POD_NAMESPACE'] ?? SLUICE_NAMESPACE,
      configuration: values.configuration,
      controllerUser: values['controller-user'],
      service: values.service,
      port: numberOf('service-port', 65_535),
    },
    createConfiguration: values['create-configuration'],
    ...sidecarOf(),
    ...(values['certificate-dir'] === undefined ? {} : { certificateDirectory: values['certificate-dir'] }),
  })
  await stopped
  await webhook.stop(quietMs)
  await transport.close()
  process.exit(0)
}

if (values.help) console.log(HELP)
else
  await main().catch((error: unknown) => {
    console.error(`error: ${messageOf(error)}`)
    process.exit(1)
  })
