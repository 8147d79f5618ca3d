/** The controller's process: node controller/main.ts [flags]; see --help. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { readAwsSettings } from '../analysis/providers/aws.ts'
import { readDatadogSettings } from '../analysis/providers/datadog.ts'
import type { ExternalOptions } from '../analysis/providers/external.ts'
import { INSTANCE_ID, SLUICE_NAMESPACE } from '../api/names.ts'
import { VERSION } from '../api/version.ts'
import { systemClock } from '../kube/clock.ts'
import { apiServerOf } from '../kube/cluster-access.ts'
import { messageOf } from '../kube/errors.ts'
import { clientOver } from '../kube/http-client.ts'
import { LOG_LEVELS, type LogLevel, makeLogger } from '../kube/log.ts'
import { dieOfUncaught, untilAskedToStop } from '../kube/process-life.ts'
import { kubeconfigTransport } from '../kube/transport.ts'
import { METRIC_PLUGIN, readPluginFlags, STEP_PLUGIN } from './plugin-flags.ts'
import { runController } from './run.ts'
import { runProgram } from './run-program.ts'

const HELP = `Controller of Sluice: plans and carries out the rollouts of opted-in Deployments, and judges their AnalysisRuns.

  --health-port N      plain port for /healthz, /readyz and /metrics (8081)
  --host ADDRESS       address to listen on (the pod's, from POD_IP; else all)
  --propagation-ms N   how long a change of EndpointSlices is given to reach every node's proxy (2000)
  --max-drain-ms N     longest wait for established connections when routers leave the path (60000)
  --probes N           connections made to see whether the routers are in the path (20)
  --metric-plugin NAME=ADDRESS
                       a metric provider of your own, e.g. acme/errors=http://plugin.ops:8080/ or acme/errors=exec:/plugins/errors;
                       may be given several times; see docs/analysis-plugins.md
  --step-plugin NAME=ADDRESS
                       a step plugin of your own, e.g. acme/load-test=http://load-test.ops:8080/, or =disabled to pass over its steps;
                       may be given several times; see docs/step-plugins.md
  --rollouts           also run Rollouts that users wrote (argoproj.io/v1alpha1), not only annotated Deployments; never beside an Argo
                       Rollouts controller that runs the same ones
  --instance-id ID     only Rollouts and Experiments of users with the label argo-rollouts.argoproj.io/controller-instance-id=ID, and no
                       annotated Deployments; without it those without the label. Needs --rollouts
  --namespaced         only what is in the controller's own namespace, for which rights in that namespace are enough; no
                       ClusterAnalysisTemplates
  --notifications      tell people of what happens, as ConfigMap argo-rollouts-notification-configmap says; see docs/notifications.md
  --version            which version this is
  --log-level LEVEL    ${LOG_LEVELS.join(', ')} (info)

KUBECONFIG names the kubeconfig; without one the pod's own ServiceAccount is used. POD_NAME is this replica's name, POD_NAMESPACE where Sluice runs (${SLUICE_NAMESPACE}).
ARGO_ROLLOUTS_PROMETHEUS_ADDRESS is asked by prometheus metrics without an address; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN sign requests to Amazon's Prometheus and, in AWS_REGION, to CloudWatch.
`

const fail = (message: string): never => {
  console.error(`error: ${message}`)
  process.exit(2)
}

const readFlags = () => {
  try {
    return parseArgs({
      options: {
        'health-port': { type: 'string', default: '8081' },
        host: { type: 'string', default: process.env['POD_IP'] ?? '0.0.0.0' },
        'propagation-ms': { type: 'string', default: '2000' },
        'max-drain-ms': { type: 'string', default: '60000' },
        probes: { type: 'string', default: '20' },
        'metric-plugin': { type: 'string', multiple: true, default: [] },
        'step-plugin': { type: 'string', multiple: true, default: [] },
        rollouts: { type: 'boolean', default: false },
        'instance-id': { type: 'string', default: '' },
        namespaced: { type: 'boolean', default: false },
        notifications: { type: 'boolean', default: false },
        'log-level': { type: 'string', default: 'info' },
        version: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(`${messageOf(error)}; --help lists the flags`)
  }
}

const values = readFlags()

const numberOf = (flag: 'health-port' | 'propagation-ms' | 'max-drain-ms' | 'probes'): number =>
  /^\d+$/.test(values[flag])
    ? Number(values[flag])
    : fail(`--${flag}: ${JSON.stringify(values[flag])} is not supported, must be a whole number, e.g. --${flag} 20`)

const level: LogLevel =
  LOG_LEVELS.find(one => one === values['log-level']) ??
  fail(`--log-level: ${JSON.stringify(values['log-level'])} is not supported, must be one of ${LOG_LEVELS.join(', ')}`)

const plugins = (flag: typeof METRIC_PLUGIN, given: readonly string[]): ReadonlyMap<string, string> => {
  const read = readPluginFlags(flag, given)
  return 'problem' in read ? fail(read.problem) : read.addresses
}

/** Also a label value, and not the one by which Sluice marks what it makes for annotated Deployments. */
const instanceId = (): string => {
  const id = values['instance-id']
  if (id === '') return id
  if (!/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(id) || id === INSTANCE_ID)
    return fail(
      `--instance-id: ${JSON.stringify(id)} is not supported, must be the value of a label and not ${INSTANCE_ID}, e.g. --instance-id team-a`,
    )
  if (!values.rollouts) return fail('--instance-id: says which Rollouts are run, and needs --rollouts')
  return id
}

const external = (): ExternalOptions => {
  const prometheusAddress = process.env['ARGO_ROLLOUTS_PROMETHEUS_ADDRESS']
  const datadog = readDatadogSettings(process.env)
  return {
    ...(prometheusAddress && { prometheusAddress }),
    ...(datadog && { datadog }),
    aws: { settings: readAwsSettings(process.env), readFile: path => readFile(path, 'utf8') },
    plugins: { addresses: plugins(METRIC_PLUGIN, values['metric-plugin']), run: runProgram },
  }
}

// Wrong flags are told before anything is asked of a cluster.
const id = instanceId()
const stepPlugins = plugins(STEP_PLUGIN, values['step-plugin'])

/**
 * A controller waits most of the time, for a cluster that is slower than it: less memory is worth more than faster code. The optimising
 * compilers cost as much time as they save here, and memory besides (test/controller-bench/README.md).
 */
const LEAN = ['--optimize-for-size', '--no-turbofan', '--no-maglev']

const main = async (): Promise<void> => {
  for (const flag of LEAN) setFlagsFromString(flag)
  const log = makeLogger({ component: 'controller', level })
  const die = dieOfUncaught(log)
  const stopped = untilAskedToStop()
  const kubeconfig = process.env['KUBECONFIG']
  const transport = await kubeconfigTransport({ inCluster: apiServerOf(process.env), ...(kubeconfig && { kubeconfig }) })
  const controller = await runController({
    client: clientOver(transport),
    clock: systemClock,
    log,
    identity: process.env['POD_NAME'] ?? `controller-${process.pid}`,
    systemNamespace: process.env['POD_NAMESPACE'] ?? SLUICE_NAMESPACE,
    host: values.host,
    healthPort: numberOf('health-port'),
    external: external(),
    userRollouts: values.rollouts,
    namespaced: values.namespaced,
    ...(id && { instanceId: id }),
    stepPlugins: { addresses: stepPlugins, run: runProgram },
    notifications: values.notifications,
    settings: { propagationMs: numberOf('propagation-ms'), maxDrainMs: numberOf('max-drain-ms'), probes: numberOf('probes') },
  })
  const why = await Promise.race([stopped.then(() => 'stopped' as const), controller.lost.then(() => 'lost' as const)])
  // Whoever leads now must not be disturbed by what this process still has in mind.
  if (why === 'lost') die('another controller leads now')(undefined)
  await controller.stop()
  await transport.close()
  process.exit(0)
}

if (values.help) console.log(HELP)
else if (values.version) console.log(VERSION)
else
  await main().catch((error: unknown) => {
    console.error(`error: ${messageOf(error)}`)
    process.exit(1)
  })
