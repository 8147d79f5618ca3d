/** The service proxy: one listener for each port of each Service with a cluster address. TCP only. */
import type { Service } from '../../api/kubernetes.ts'
import { type Clock, systemClock } from '../../kube/clock.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Logger } from '../../kube/log.ts'
import { keyOf, splitKey } from '../../kube/object-store.ts'
import { BY_SERVICE, type Caches, serviceKeyOf } from '../controllers/caches.ts'
import { PortListener, type ProxyCounters } from './port-listener.ts'
import { planRules } from './table.ts'

export type ProxyStats = Readonly<ProxyCounters>

export type ProxyOptions = {
  readonly caches: Pick<Caches, 'services' | 'slices'>
  readonly events: EventRecorder
  readonly log: Logger
  readonly clock?: Clock
  readonly random?: () => number
}

export type Proxy = {
  readonly stats: () => ProxyStats
  /** Stops listening and ends every connection. */
  readonly stop: () => void
}

/** Follows Services and slices; a change is in force on the next turn of the event loop. */
export function startProxy(options: ProxyOptions): Proxy {
  const { caches } = options
  const running = new RunningProxy(options)
  const unsubscribe = [
    caches.services.onChange((_, service, previous) => running.mark(service ?? previous)),
    caches.slices.onChange((_, slice, previous) => {
      for (const version of [slice, previous]) if (version) running.markKey(serviceKeyOf(version))
    }),
  ]
  return {
    stats: () => ({ ...running.counters }),
    stop: () => {
      for (const end of unsubscribe) end()
      running.stop()
    },
  }
}

class RunningProxy {
  readonly counters: ProxyCounters = { connections: 0, redials: 0, failed: 0, open: 0 }
  readonly #options: ProxyOptions
  readonly #clock: Clock
  /** By Service key, then by `ADDRESS:PORT`. */
  readonly #listeners = new Map<string, Map<string, PortListener>>()
  readonly #retired = new Set<PortListener>()
  readonly #dirty = new Set<string>()
  readonly #reported = new Set<string>()
  #stopped = false

  constructor(options: ProxyOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  mark(service: Service | undefined): void {
    if (service) this.markKey(keyOf(service))
  }

  markKey(key: string | undefined): void {
    if (key === undefined) return
    if (this.#dirty.size === 0) setImmediate(() => this.#flush())
    this.#dirty.add(key)
  }

  stop(): void {
    this.#stopped = true
    for (const listeners of this.#listeners.values()) for (const listener of listeners.values()) listener.close(true)
    for (const listener of this.#retired) listener.close(true)
  }

  #flush(): void {
    const keys = [...this.#dirty]
    this.#dirty.clear()
    if (!this.#stopped) for (const key of keys) this.#sync(key)
  }

  #sync(key: string): void {
    const { namespace, name } = splitKey(key)
    const service = this.#options.caches.services.get(namespace, name)
    const before = this.#listeners.get(key) ?? new Map<string, PortListener>()
    const after = new Map<string, PortListener>()
    if (service) {
      const { ports, unsupported } = planRules(service, this.#options.caches.slices.by(BY_SERVICE, key))
      for (const rule of ports) {
        const at = `${rule.address}:${rule.port}`
        const listener = before.get(at) ?? this.#makeListener(key, rule.address, rule.port)
        listener.apply(rule)
        after.set(at, listener)
      }
      for (const { port, reason } of unsupported)
        this.#report(service, 'UnsupportedPort', `port ${port} is not served: ${reason}`)
    }
    for (const [at, listener] of before) if (!after.has(at)) this.#retire(listener)
    if (after.size > 0) this.#listeners.set(key, after)
    else this.#listeners.delete(key)
  }

  /** Its established connections stay until they end. */
  #retire(listener: PortListener): void {
    listener.close(false)
    for (const retired of this.#retired) if (retired.isIdle) this.#retired.delete(retired)
    if (!listener.isIdle) this.#retired.add(listener)
  }

  #makeListener(key: string, address: string, port: number): PortListener {
    return new PortListener(address, port, {
      counters: this.counters,
      random: this.#options.random ?? Math.random,
      now: this.#clock.now,
      onProblem: error => {
        const { namespace, name } = splitKey(key)
        const service = this.#options.caches.services.get(namespace, name)
        const message = `port ${port} is not served: cannot listen on ${address}:${port}: ${problemText(error)}`
        if (service) this.#report(service, 'CannotListen', message)
      },
    })
  }

  #report(service: Service, reason: string, message: string): void {
    const key = `${service.metadata.uid} ${reason} ${message}`
    if (this.#reported.has(key)) return
    this.#reported.add(key)
    this.#options.events.record(service, { type: 'Warning', reason, message })
    this.#options.log.warn(message, { service: keyOf(service), reason })
  }
}

function problemText(error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES')
    return `${error.message}; ports below 1024 need root or CAP_NET_BIND_SERVICE here, use a port from 1024 on, e.g. 8080`
  return error.message
}
