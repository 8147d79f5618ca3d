/** One pod on this node, from its first process to its removal from the API. */
import type { Labels, Pod } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isNotFound, messageOf, orAbsent } from '../../kube/errors.ts'
import type { EventText } from '../../kube/events.ts'
import type { Logger } from '../../kube/log.ts'
import { CONFIG_MAPS, PODS, SECRETS } from '../../kube/resources.ts'
import { timestamp } from '../controllers/conditions.ts'
import { ContainerLog } from './container-log.ts'
import { ContainerRunner, type ContainerShell, type RestartPolicy } from './container-runner.ts'
import { Deadline } from './deadline.ts'
import { type Environment, referencesOf, renderEnvironment } from './env.ts'
import { type PodStatus, renderStatus, sameStatus } from './pod-status.ts'
import { containersOf, initContainersOf, isSidecar, type NodeContainer } from './pod-types.ts'
import type { Watchdog } from './watchdog.ts'

export type PodShell = {
  readonly client: KubeClient
  readonly log: Logger
  readonly podIP: string
  /** A directory of the pod's own, for logs and its kubeconfig. */
  readonly directory: string
  readonly cwd: string
  /** Variables of every process of the pod. */
  readonly baseEnvironment: Environment
  readonly watchdog: Watchdog
  readonly record: (pod: Pod, event: EventText) => void
}

const DEFAULT_GRACE_SECONDS = 30
const RETRY_MS = 1000

export class PodWorker {
  readonly #shell: PodShell
  readonly #initRunners: readonly ContainerRunner[]
  readonly #runners: readonly ContainerRunner[]
  readonly #startTime = timestamp(Date.now())
  readonly #ref: { readonly namespace: string; readonly name: string }
  #pod: Pod
  #written: PodStatus | undefined
  #writing: Promise<void> | undefined
  #dirty = false
  #deadline: Deadline | undefined
  #ending: Promise<void> | undefined
  #isGone = false

  constructor(pod: Pod, shell: PodShell) {
    this.#pod = pod
    this.#shell = shell
    this.#ref = { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name }
    const policy = (pod.spec.restartPolicy ?? 'Always') as RestartPolicy
    this.#initRunners = initContainersOf(pod).map(container => this.#makeRunner(container, initPolicy(container, policy)))
    this.#runners = containersOf(pod).map(container => this.#makeRunner(container, policy))
  }

  get podIP(): string {
    return this.#shell.podIP
  }

  start(): void {
    this.#onChange()
    this.#startContainers().catch((error: unknown) =>
      this.#shell.log.error('pod failed', { pod: this.#ref.name, error: messageOf(error) }),
    )
  }

  /** A newer version of the pod; a deletionTimestamp begins its end. */
  update(pod: Pod): void {
    this.#pod = pod
    if (pod.metadata.deletionTimestamp === undefined) return
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000
    if (this.#deadline) this.#deadline.shorten(graceMs)
    else void this.end(graceMs)
  }

  /** The pod is not in the API any more: nothing of it may be left. Resolves when that is so. */
  gone(): Promise<void> {
    this.#isGone = true
    this.#deadline?.shorten(0)
    return this.end(0)
  }

  /** Stops every container in the order of the kubelet, then removes the pod from the API. */
  end(graceMs: number): Promise<void> {
    this.#deadline?.shorten(graceMs)
    this.#ending ??= this.#end(graceMs)
    return this.#ending
  }

  /** Stops the processes and leaves the pod in the API as it is. */
  async stopProcesses(graceMs: number): Promise<void> {
    this.#isGone = true
    await this.end(graceMs)
  }

  /** Sends a signal to the processes of all containers; false when none runs. */
  signal(signal: NodeJS.Signals): boolean {
    return [...this.#initRunners, ...this.#runners].map(runner => runner.signal(signal)).some(Boolean)
  }

  logOf(container: string | undefined): ContainerLog | undefined {
    const all = [...this.#runners, ...this.#initRunners]
    return (container === undefined ? all[0] : all.find(runner => runner.container.name === container))?.log
  }

  async #startContainers(): Promise<void> {
    for (const runner of this.#initRunners) {
      if (this.#deadline) return
      const ended = runner.start()
      await Promise.race(isSidecar(runner.container) ? [runner.started, ended] : [ended])
      const { state } = runner.facts
      if (!isSidecar(runner.container) && !('terminated' in state && state.terminated.exitCode === 0)) return
    }
    if (this.#deadline) return
    for (const runner of this.#runners) void runner.start()
    this.#onChange()
  }

  async #end(graceMs: number): Promise<void> {
    const deadline = new Deadline(graceMs)
    this.#deadline = deadline
    const sidecars = this.#initRunners.filter(runner => isSidecar(runner.container))
    const others = [...this.#initRunners.filter(runner => !sidecars.includes(runner)), ...this.#runners]
    await Promise.all(others.map(runner => runner.stop(deadline)))
    for (const sidecar of sidecars.toReversed()) await sidecar.stop(deadline)
    deadline.cancel()
    await this.#writing
    if (!this.#isGone) await this.#remove()
    this.#isGone = true
  }

  async #remove(): Promise<void> {
    const { uid } = this.#pod.metadata
    const removed = () =>
      this.#shell.client.delete(PODS, this.#ref, { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }) })
    await this.#untilDone('remove the pod', removed)
  }

  #makeRunner(container: NodeContainer, policy: RestartPolicy): ContainerRunner {
    const { podIP, cwd, directory, watchdog } = this.#shell
    const shell: ContainerShell = {
      podName: this.#pod.metadata.name,
      podIP,
      cwd,
      watchdog,
      environment: wanted => this.#environment(wanted),
      log: new ContainerLog(`${directory}/logs/${container.name}`, Date.now, problem => {
        const message = `the log of container ${container.name} cannot be written: ${problem}`
        this.#shell.record(this.#pod, { type: 'Warning', reason: 'LogNotWritten', message })
      }),
      record: event => this.#shell.record(this.#pod, event),
      onChange: () => this.#onChange(),
      graceMs: (this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000,
    }
    return new ContainerRunner(container, policy, shell)
  }

  async #environment(container: NodeContainer): Promise<Environment> {
    const { configMaps, secrets } = referencesOf(container)
    const base = { ...this.#shell.baseEnvironment, HOSTNAME: this.#pod.metadata.name }
    const context = { pod: this.#pod, podIP: this.#shell.podIP, base }
    return renderEnvironment(container, {
      ...context,
      configMaps: await this.#fetch(configMaps, CONFIG_MAPS, text => text),
      secrets: await this.#fetch(secrets, SECRETS, text => Buffer.from(text, 'base64').toString('utf8')),
    })
  }

  async #fetch(
    names: ReadonlySet<string>,
    resource: typeof CONFIG_MAPS,
    decode: (text: string) => string,
  ): Promise<ReadonlyMap<string, Labels>> {
    const found = new Map<string, Labels>()
    for (const name of names) {
      const object = await orAbsent(this.#shell.client.get(resource, { namespace: this.#ref.namespace, name }))
      if (!object) continue
      const { data = {} } = object as { readonly data?: Labels }
      found.set(name, Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decode(text)])))
    }
    return found
  }

  #onChange(): void {
    this.#dirty = true
    this.#writing ??= this.#writeStatus().finally(() => {
      this.#writing = undefined
    })
  }

  async #writeStatus(): Promise<void> {
    // Let everything that happens in this turn go into one write.
    await Promise.resolve()
    while (this.#dirty && !this.#isGone) {
      this.#dirty = false
      const conditions = this.#written?.conditions ?? this.#pod.status?.conditions ?? []
      const seen = { ...this.#pod, status: { ...this.#pod.status, conditions } }
      const status = renderStatus(seen, this.#facts(), timestamp(Date.now()))
      if (this.#written && sameStatus(this.#written, status)) continue
      await this.#untilDone('write the status', async () => {
        // Strategic, so that conditions of others are merged with ours by their type.
        await this.#shell.client.patch(
          PODS,
          this.#ref,
          'strategic',
          { metadata: { uid: this.#pod.metadata.uid }, status },
          'status',
        )
      })
      this.#written = status
    }
  }

  #facts() {
    return {
      podIP: this.#shell.podIP,
      startTime: this.#startTime,
      initContainers: this.#initRunners.map(runner => ({ ...runner.facts, sidecar: isSidecar(runner.container) })),
      containers: this.#runners.map(runner => runner.facts),
    }
  }

  /** Tries until it works or the pod is gone. */
  async #untilDone(what: string, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (isNotFound(error) || this.#isGone) return
        this.#shell.log.warn(`could not ${what}, will try again`, { pod: this.#ref.name, error: messageOf(error) })
        await new Promise(resolve => setTimeout(resolve, RETRY_MS))
      }
    }
  }
}

/** Init containers run to success once; sidecars run for ever. */
const initPolicy = (container: NodeContainer, policy: RestartPolicy): RestartPolicy => {
  if (isSidecar(container)) return 'Always'
  return policy === 'Never' ? 'Never' : 'OnFailure'
}
