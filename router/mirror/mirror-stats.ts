/** What became of the copies that were meant for a version. They are counted here only, never among its requests. */

export const MIRROR_RESULTS = ['2xx', '3xx', '4xx', '5xx', 'failure', 'dropped'] as const
export type MirrorResult = (typeof MIRROR_RESULTS)[number]

export class MirrorStats {
  /** Copies that have begun and are not over. */
  open = 0
  readonly #counts = new Map<MirrorResult, number>()

  count(result: MirrorResult, times = 1): void {
    this.#counts.set(result, this.total(result) + times)
  }

  total(result: MirrorResult): number {
    return this.#counts.get(result) ?? 0
  }
}

/** `status` is that of the pod's answer. */
export const resultOf = (status: number): MirrorResult =>
  status < 300 ? '2xx' : status < 400 ? '3xx' : status < 500 ? '4xx' : '5xx'
