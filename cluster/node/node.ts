/** A node that runs pods as local processes, and the scheduler that gives it every pod. */
import { mkdir, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import type { Pod } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { isAlreadyExists, isApiError, messageOf } from '../../kube/errors.ts'
import type { EventText } from '../../kube/events.ts'
import { makeEventRecorder } from '../../kube/events.ts'
import type { Informer } from '../../kube/informer.ts'
import type { Logger } from '../../kube/log.ts'
import { LEASES, NODES, PODS } from '../../kube/resources.ts'
import { timestamp } from '../controllers/conditions.ts'
import type { LogQuery } from './container-log.ts'
import type { Environment } from './env.ts'
import { LEASE_NAMESPACE, microTime, nodeLabels, RENEW_MS, renderLease, renderNode, renderNodeStatus } from './node-object.ts'
import { PodAddresses } from './pod-addresses.ts'
import { containersOf } from './pod-types.ts'
import { PodWorker } from './pod-worker.ts'
import { decidePlace, SCHEDULER } from './schedule.ts'
import { Watchdog } from './watchdog.ts'

export type NodeOptions = {
  readonly client: KubeClient
  readonly pods: Informer<Pod>
  /** For logs and kubeconfigs. */
  readonly directory: string
  readonly log: Logger
  /** Default `local`. */
  readonly name?: string
  /** First two bytes of the pods' addresses, e.g. `127.130`. */
  readonly podNetwork: string
  /** Where processes run whose container has no workingDir. */
  readonly workingDirectory: string
  /** Writes a kubeconfig for a ServiceAccount; without it pods get no KUBECONFIG. */
  readonly writeKubeconfig?: (path: string, account: { readonly namespace: string; readonly name: string }) => Promise<void>
}

export type LocalNode = {
  /** Sends a signal to the processes of a pod (`NAME` or `NAMESPACE/NAME`); false when there is no such process. */
  readonly kill: (pod: string, signal: NodeJS.Signals) => boolean
  /** A container's log; undefined when the pod is not here. */
  readonly logs: (
    pod: { readonly namespace: string; readonly name: string; readonly container: string | undefined },
    query: LogQuery,
  ) => AsyncIterable<string> | undefined
  /** Ends every process (SIGTERM, SIGKILL after `graceMs`, default 2 s). The pods stay in the API as they are. */
  readonly stop: (graceMs?: number) => Promise<void>
}

const STOP_GRACE_MS = 2000
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export async function startNode(options: NodeOptions): Promise<LocalNode> {
  // What an earlier cluster left here belongs to pods that are no more.
  await rm(join(options.directory, 'pods'), { recursive: true, force: true })
  const node = new RunningNode(options)
  await node.register()
  const unsubscribe = options.pods.onChange((key, pod, previous) => node.onChange(key, pod, previous))
  return {
    kill: (pod, signal) => node.workersNamed(pod).some(worker => worker.signal(signal)),
    logs: ({ namespace, name, container }, query) => node.workersNamed(`${namespace}/${name}`)[0]?.logOf(container)?.read(query),
    stop: async (graceMs = STOP_GRACE_MS) => {
      unsubscribe()
      await node.stop(graceMs)
    },
  }
}

type Entry = { readonly uid: string; readonly worker: Promise<PodWorker>; current?: PodWorker }

class RunningNode {
  readonly #options: NodeOptions
  readonly #name: string
  readonly #addresses: PodAddresses
  readonly #watchdog = new Watchdog()
  readonly #workers = new Map<string, Entry>()
  readonly #binding = new Set<string>()
  readonly #kubelet: (pod: Pod, event: EventText) => void
  readonly #scheduler: (pod: Pod, event: EventText) => void
  #heartbeat: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: NodeOptions) {
    this.#options = options
    this.#name = options.name ?? 'local'
    this.#addresses = new PodAddresses(options.podNetwork, Date.now)
    const recorder = (component: string) =>
      makeEventRecorder({ client: options.client, component, instance: this.#name, clock: systemClock, log: options.log }).record
    this.#kubelet = recorder('kubelet')
    this.#scheduler = recorder(SCHEDULER)
  }

  async register(): Promise<void> {
    const { client } = this.#options
    const now = Date.now()
    await ignoreExisting(client.create(NODES, renderNode(this.#name)))
    await client.patch(NODES, { name: this.#name }, 'merge', { status: renderNodeStatus(this.#name, timestamp(now)) }, 'status')
    await ignoreExisting(client.create(LEASES, renderLease(this.#name, now)))
    this.#heartbeat = setInterval(() => void this.#renewLease(), RENEW_MS).unref()
  }

  workersNamed(pod: string): readonly PodWorker[] {
    const keys = [...this.#workers.keys()].filter(key => key === pod || (!pod.includes('/') && key.endsWith(`/${pod}`)))
    return keys.map(key => this.#workers.get(key)?.current).filter(worker => worker !== undefined)
  }

  onChange(key: string, pod: Pod | undefined, previous: Pod | undefined): void {
    const entry = this.#workers.get(key)
    if (entry && entry.uid !== pod?.metadata.uid) this.#drop(key, entry)
    if (!pod) return
    if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') void this.#schedule(key, pod, previous)
    else if (pod.spec.nodeName === this.#name) this.#follow(key, pod)
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    clearInterval(this.#heartbeat)
    const made = await Promise.allSettled([...this.#workers.values()].map(entry => entry.worker))
    const workers = made.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
    await Promise.all(workers.map(worker => worker.stopProcesses(graceMs)))
    await this.#watchdog.stop()
  }

  #follow(key: string, pod: Pod): void {
    const entry = this.#workers.get(key)
    if (entry) entry.current?.update(pod)
    else if (!this.#stopped) this.#adopt(key, pod)
  }

  #adopt(key: string, pod: Pod): void {
    const worker = this.#makeWorker(pod)
    const entry: Entry = { uid: pod.metadata.uid ?? '', worker }
    this.#workers.set(key, entry)
    worker
      .then(made => {
        entry.current = made
        if (!this.#stopped) made.start()
        const latest = this.#options.pods.get(pod.metadata.namespace, pod.metadata.name)
        if (latest?.metadata.uid === entry.uid) made.update(latest)
      })
      .catch((error: unknown) => {
        // The next change of the pod tries again.
        this.#workers.delete(key)
        const message = `the pod cannot be started here: ${messageOf(error)}`
        this.#kubelet(pod, { type: 'Warning', reason: 'FailedCreatePodSandBox', message })
        this.#options.log.error('could not start a pod', { pod: key, error: messageOf(error) })
      })
  }

  async #makeWorker(pod: Pod): Promise<PodWorker> {
    const { client, log, directory, workingDirectory } = this.#options
    const podDirectory = join(directory, 'pods', pod.metadata.uid ?? '')
    await mkdir(podDirectory, { recursive: true })
    if (containersOf(pod).some(container => (container.volumeMounts ?? []).length > 0)) {
      this.#kubelet(pod, {
        type: 'Warning',
        reason: 'VolumesNotMounted',
        message: 'this node runs local processes: volumes are not mounted',
      })
    }
    return new PodWorker(pod, {
      client,
      log,
      podIP: this.#addresses.allocate(),
      directory: podDirectory,
      cwd: workingDirectory,
      baseEnvironment: await this.#baseEnvironment(pod, podDirectory),
      watchdog: this.#watchdog,
      record: this.#kubelet,
    })
  }

  async #baseEnvironment(pod: Pod, directory: string): Promise<Environment> {
    // Like a container, a pod's process has nothing of this machine's environment. The Node that runs the cluster is the one that
    // `node` means in a command.
    const base = { PATH: [dirname(process.execPath), SYSTEM_PATH].join(delimiter) }
    if (!this.#options.writeKubeconfig) return base
    const path = join(directory, 'kubeconfig')
    await this.#options.writeKubeconfig(path, {
      namespace: pod.metadata.namespace ?? '',
      name: pod.spec.serviceAccountName ?? 'default',
    })
    return { ...base, KUBECONFIG: path }
  }

  #drop(key: string, entry: Entry): void {
    this.#workers.delete(key)
    entry.worker
      .then(async worker => {
        await worker.gone()
        this.#addresses.release(worker.podIP)
        await rm(join(this.#options.directory, 'pods', entry.uid), { recursive: true, force: true })
      })
      .catch((error: unknown) => this.#options.log.error('could not clean up after a pod', { pod: key, error: messageOf(error) }))
  }

  async #schedule(key: string, pod: Pod, previous: Pod | undefined): Promise<void> {
    const id = `${key} ${pod.metadata.uid}`
    if (this.#binding.has(id) || pod.metadata.deletionTimestamp !== undefined) return
    const { bind, problem } = decidePlace(pod, nodeLabels(this.#name))
    const { namespace = '', name } = pod.metadata
    if (problem !== undefined && previous === undefined) {
      this.#scheduler(pod, { type: 'Warning', reason: 'FailedScheduling', message: problem })
      const now = timestamp(Date.now())
      const condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: problem,
        lastTransitionTime: now,
      }
      await this.#quietly(
        this.#options.client.patch(PODS, { namespace, name }, 'strategic', { status: { conditions: [condition] } }, 'status'),
      )
    }
    if (!bind) return
    this.#binding.add(id)
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { apiVersion: 'v1', kind: 'Node', name: this.#name },
    }
    await this.#quietly(this.#options.client.raw('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, body))
    this.#binding.delete(id)
    this.#scheduler(pod, { type: 'Normal', reason: 'Scheduled', message: `Successfully assigned ${key} to ${this.#name}` })
  }

  async #renewLease(): Promise<void> {
    const ref = { namespace: LEASE_NAMESPACE, name: this.#name }
    await this.#quietly(this.#options.client.patch(LEASES, ref, 'merge', { spec: { renewTime: microTime(Date.now()) } }))
  }

  /** A pod that is deleted or bound by somebody else meanwhile needs nothing more. */
  async #quietly(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      const isExpected = isApiError(error) && (error.status === 404 || error.status === 409)
      if (!isExpected && !this.#stopped) this.#options.log.warn('a write of the node failed', { error: messageOf(error) })
    }
  }
}

async function ignoreExisting(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error
  })
}
