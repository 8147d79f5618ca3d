/** The idle connections to one pod: the one that was used last is used first, so that those too many come of age. */
import type { PodConnection } from './pod-connection.ts'

/** As many as a burst of requests leaves behind; the age limit takes them away again. */
const MAX_IDLE = 512
const LOOK_MS = 1_000

export class PodPool {
  readonly #idle: PodConnection[] = []
  #retired = false
  #timer: NodeJS.Timeout | undefined

  /** A connection that is open as far as one can know, or undefined. `now` as for put(). */
  take(now: number): PodConnection | undefined {
    for (let pod = this.#idle.pop(); pod; pod = this.#idle.pop()) {
      if (pod.idleUntil > now && !pod.socket.destroyed) return pod
      pod.socket.destroy()
    }
    return undefined
  }

  /** Keeps a connection that has nothing to do any more, unless the pod has left. */
  put(pod: PodConnection) {
    if (this.#retired || this.#idle.length >= MAX_IDLE) return void pod.socket.destroy()
    this.#idle.push(pod)
    this.#timer ??= setInterval(() => this.#closeOld(performance.now()), LOOK_MS).unref()
  }

  /** An idle connection has closed. */
  drop(pod: PodConnection) {
    const at = this.#idle.lastIndexOf(pod)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Keeps none any more; those in use end with their requests. */
  retire() {
    this.#retired = true
    for (const pod of this.#idle.splice(0)) pod.socket.destroy()
    this.#stopLooking()
  }

  #closeOld(now: number) {
    const old = this.#idle.filter(({ idleUntil }) => idleUntil <= now)
    for (const pod of old) {
      this.drop(pod)
      pod.socket.destroy()
    }
    if (this.#idle.length === 0) this.#stopLooking()
  }

  #stopLooking() {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
