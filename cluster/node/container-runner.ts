/** One container of a pod: starts its process, probes it, starts it again, stops it. */
import type { Probe } from '../../api/kubernetes.ts'
import { messageOf } from '../../kube/errors.ts'
import type { EventText } from '../../kube/events.ts'
import { timestamp } from '../controllers/conditions.ts'
import { nextBackoff } from './backoff.ts'
import type { ContainerLog } from './container-log.ts'
import { type ContainerProcess, type Exit, startProcess } from './container-process.ts'
import { Deadline } from './deadline.ts'
import type { Environment } from './env.ts'
import { expandVariables } from './expand.ts'
import type { ContainerFacts, ContainerState, NodeContainer, TerminatedState } from './pod-types.ts'
import { runPreStop } from './pre-stop.ts'
import { tryProbe } from './probe.ts'
import { type ProbeKind, startProber, timingOf } from './prober.ts'
import type { Watchdog } from './watchdog.ts'

/** What a container needs from its pod and node. */
export type ContainerShell = {
  readonly podName: string
  readonly podIP: string
  /** Where processes run whose container names no workingDir. */
  readonly cwd: string
  /** Throws EnvProblem. */
  readonly environment: (container: NodeContainer) => Promise<Environment>
  readonly log: ContainerLog
  readonly watchdog: Watchdog
  readonly record: (event: EventText) => void
  /** Facts have changed. */
  readonly onChange: () => void
  /** Grace of the pod, for a restart that the liveness probe asks for. */
  readonly graceMs: number
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never'

const CONFIG_RETRY_MS = 2000
/** However long preStop took, the process has this long to end after SIGTERM. */
const LEAST_GRACE_MS = 2000

export class ContainerRunner {
  readonly container: NodeContainer
  readonly #shell: ContainerShell
  readonly #policy: RestartPolicy
  readonly #stopRequested = Promise.withResolvers<void>()
  readonly #started = Promise.withResolvers<void>()
  readonly #probers = new Map<ProbeKind, () => void>()
  #facts: ContainerFacts
  #process: ContainerProcess | undefined
  #stopping = false
  #environment: Environment = {}
  #finished: Promise<void> = Promise.resolve()

  constructor(container: NodeContainer, policy: RestartPolicy, shell: ContainerShell) {
    this.container = container
    this.#policy = policy
    this.#shell = shell
    this.#facts = {
      name: container.name,
      image: container.image ?? '',
      state: { waiting: { reason: 'ContainerCreating' } },
      started: false,
      ready: false,
      restartCount: 0,
    }
  }

  get facts(): ContainerFacts {
    return this.#facts
  }

  /** Resolves when the container has started for the first time (its startup probe included). */
  get started(): Promise<void> {
    return this.#started.promise
  }

  get log(): ContainerLog {
    return this.#shell.log
  }

  /** Runs until the restart policy or `stop` ends it; the answer resolves then. */
  start(): Promise<void> {
    this.#finished = this.#run()
      .catch((error: unknown) => this.#fail('RunContainerError', messageOf(error)))
      .finally(() => this.#shell.log.close())
    return this.#finished
  }

  /** preStop, SIGTERM, and SIGKILL at the deadline; resolves when no process is left. The container is not started again. */
  async stop(deadline: Deadline): Promise<void> {
    this.#stopping = true
    this.#stopRequested.resolve()
    if (this.#process) {
      this.#shell.record({ type: 'Normal', reason: 'Killing', message: `Stopping container ${this.container.name}` })
      await this.#end(this.#process, deadline)
    }
    await this.#finished
  }

  /** Sends a signal to the process, if there is one. */
  signal(signal: NodeJS.Signals): boolean {
    this.#process?.signal(signal)
    return this.#process !== undefined
  }

  async #run(): Promise<void> {
    let backoffMs: number | undefined
    while (!this.#stopping) {
      const command = await this.#prepare()
      if (command === undefined || this.#stopping) return
      const startedAt = Date.now()
      const exit = await this.#runOnce(command, startedAt)
      if (this.#stopping || !shouldRestart(this.#policy, exit)) return
      backoffMs = nextBackoff(backoffMs, Date.now() - startedAt)
      await this.#backOff(backoffMs)
    }
  }

  /** The command to run, or undefined when there never will be one. */
  async #prepare(): Promise<readonly string[] | undefined> {
    const { container } = this
    if (!container.command?.length) {
      const message = `this node runs local processes: container "${container.name}" needs a command`
      this.#fail('CreateContainerError', message)
      return undefined
    }
    while (!this.#stopping) {
      try {
        const environment = await this.#shell.environment(container)
        this.#environment = environment
        return [...container.command, ...(container.args ?? [])].map(part => expandVariables(part, environment))
      } catch (error) {
        // Also an API server that does not answer just now: nothing to give the pod up for.
        this.#fail('CreateContainerConfigError', messageOf(error))
        await this.#pause(CONFIG_RETRY_MS)
      }
    }
    return undefined
  }

  async #runOnce(command: readonly string[], startedAt: number): Promise<Exit> {
    const { log, watchdog } = this.#shell
    log.startRun()
    const cwd = this.container.workingDir ?? this.#shell.cwd
    const process = startProcess({ command, cwd, env: this.#environment, output: chunk => log.write(chunk), watchdog })
    this.#process = process
    if (process.pid !== undefined) {
      this.#set({ state: { running: { startedAt: timestamp(startedAt) } }, pid: process.pid })
      this.#shell.record({ type: 'Normal', reason: 'Started', message: `Started container ${this.container.name}` })
      this.#startProbes(process, cwd)
    }
    const exit = await process.exited
    this.#process = undefined
    log.endRun()
    this.#stopProbes()
    this.#set({ state: { terminated: renderExit(exit, startedAt) }, ready: false, started: false })
    if (exit.problem !== undefined) this.#shell.record({ type: 'Warning', reason: 'Failed', message: `Error: ${exit.problem}` })
    return exit
  }

  async #backOff(ms: number): Promise<void> {
    const { name } = this.container
    const { state } = this.#facts
    const lastState = 'terminated' in state ? { lastState: state } : {}
    const message = `back-off ${ms / 1000}s restarting failed container=${name} pod=${this.#shell.podName}`
    this.#set({ state: { waiting: { reason: 'CrashLoopBackOff', message } }, ...lastState })
    this.#shell.record({
      type: 'Warning',
      reason: 'BackOff',
      message: `Back-off restarting failed container ${name} in pod ${this.#shell.podName}`,
    })
    await this.#pause(ms)
    if (!this.#stopping) this.#set({ restartCount: this.#facts.restartCount + 1 })
  }

  #startProbes(process: ContainerProcess, cwd: string): void {
    const { startupProbe, readinessProbe, livenessProbe } = this.container
    const whenStarted = () => {
      this.#stopProbe('Startup')
      this.#set({ started: true, ready: readinessProbe === undefined })
      this.#started.resolve()
      if (readinessProbe) this.#probe('Readiness', readinessProbe, { cwd, onVerdict: ready => this.#set({ ready }) })
      if (livenessProbe && !this.#stopping)
        this.#probe('Liveness', livenessProbe, { cwd, onVerdict: alive => void (alive || this.#restart(process, 'liveness')) })
    }
    if (!startupProbe) {
      whenStarted()
      return
    }
    this.#probe('Startup', startupProbe, {
      cwd,
      onVerdict: started => (started ? whenStarted() : void this.#restart(process, 'startup')),
    })
  }

  #probe(
    kind: ProbeKind,
    probe: Probe,
    { cwd, onVerdict }: { readonly cwd: string; readonly onVerdict: (ok: boolean) => void },
  ): void {
    const timing = timingOf(probe)
    const target = {
      container: this.container,
      podIP: this.#shell.podIP,
      cwd,
      env: this.#environment,
      timeoutMs: timing.timeoutMs,
    }
    const stop = startProber({
      timing,
      attempt: () => tryProbe(probe, target),
      onFailure: message =>
        this.#shell.record({ type: 'Warning', reason: 'Unhealthy', message: `${kind} probe failed: ${message}` }),
      onVerdict,
    })
    this.#probers.set(kind, stop)
  }

  #stopProbe(kind: ProbeKind): void {
    this.#probers.get(kind)?.()
    this.#probers.delete(kind)
  }

  #stopProbes(): void {
    for (const kind of [...this.#probers.keys()]) this.#stopProbe(kind)
  }

  /** A probe has given the process up: it is ended, and the restart policy says what comes then. */
  async #restart(process: ContainerProcess, probe: 'liveness' | 'startup'): Promise<void> {
    this.#stopProbe('Liveness')
    this.#stopProbe('Startup')
    const message = `Container ${this.container.name} failed ${probe} probe, will be restarted`
    this.#shell.record({ type: 'Normal', reason: 'Killing', message })
    const deadline = new Deadline(this.#shell.graceMs)
    await this.#end(process, deadline)
    deadline.cancel()
  }

  /** Readiness is still probed meanwhile: a pod on its way out is ready until it says otherwise. */
  async #end(process: ContainerProcess, deadline: Deadline): Promise<void> {
    this.#stopProbe('Liveness')
    this.#stopProbe('Startup')
    if (!deadline.isOver) {
      const hook = this.container.lifecycle?.preStop
      const target = {
        container: this.container,
        podIP: this.#shell.podIP,
        cwd: this.container.workingDir ?? this.#shell.cwd,
        env: this.#environment,
      }
      if (hook) await Promise.race([runPreStop(hook, target, this.#shell.record), deadline.passed, process.exited])
      const least = hook && deadline.isOver ? LEAST_GRACE_MS : 0
      process.signal('SIGTERM')
      await Promise.race([process.exited, deadline.passed.then(() => new Promise(resolve => setTimeout(resolve, least)))])
    }
    process.kill()
    await process.exited
  }

  #fail(reason: string, message: string): void {
    this.#set({ state: { waiting: { reason, message } } })
    this.#shell.record({ type: 'Warning', reason: 'Failed', message: `Error: ${message}` })
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await Promise.race([this.#stopRequested.promise, new Promise(resolve => (timer = setTimeout(resolve, ms)))])
    clearTimeout(timer)
  }

  #set(change: Partial<ContainerFacts> & { readonly state?: ContainerState }): void {
    this.#facts = { ...this.#facts, ...change }
    this.#shell.onChange()
  }
}

function shouldRestart(policy: RestartPolicy, exit: Exit): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exit.code !== 0)
}

function renderExit({ code, signal, problem }: Exit, startedAt: number): TerminatedState {
  return {
    exitCode: code,
    ...(signal === undefined ? {} : { signal }),
    reason: problem === undefined ? (code === 0 ? 'Completed' : 'Error') : 'StartError',
    ...(problem === undefined ? {} : { message: problem }),
    startedAt: timestamp(startedAt),
    finishedAt: timestamp(Date.now()),
  }
}
