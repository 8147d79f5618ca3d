/** The users of the app: a pod (pods/load.ts) that asks a URL at a steady rate, told over its own address what to do. */
import type { Answer } from '../../demo/load-client.ts'
import { isDropped, type Totals, total } from '../../demo/tally.ts'
import { waitFor } from '../../local/wait.ts'

export type Users = {
  readonly untilReady: () => Promise<unknown>
  /** Asks, each time over a new connection, until `work`, which begins after the first answer, has ended; returns every answer. */
  readonly during: (load: Load, work: () => Promise<void>) => Promise<Seen>
}

export type Load = {
  readonly urls: readonly string[]
  /** Requests per second, over all URLs. */
  readonly rate: number
}

export type Seen = Totals & {
  readonly answers: readonly Answer[]
  /** Why requests got no answer of the app, each reason with its count. */
  readonly reasons: { readonly [reason: string]: number }
}

const reasonsOf = (answers: readonly Answer[]): { readonly [reason: string]: number } => {
  const reasons: Record<string, number> = {}
  for (const { error = 'no reason' } of answers) reasons[error] = (reasons[error] ?? 0) + 1
  return reasons
}

const ask = async <T>(url: string, method: 'GET' | 'POST'): Promise<T> => {
  const answer = await fetch(url, { method })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** `address` is that of the pod, e.g. `http://10.244.0.2:9090`. */
export const makeUsers = (address: string): Users => ({
  untilReady: () => waitFor({ what: 'the users to be ready' }, () => ask<object>(`${address}/count`, 'GET')),
  during: async ({ urls, rate }, work) => {
    const query = new URLSearchParams({ rate: String(rate / urls.length) })
    for (const url of urls) query.append('url', url)
    await ask(`${address}/start?${query}`, 'POST')
    const stop = () => ask<readonly Answer[]>(`${address}/stop`, 'POST')
    try {
      await waitFor({ what: "the users' first answer" }, async () => {
        const { requests } = await ask<{ readonly requests: number }>(`${address}/count`, 'GET')
        return requests > 0
      })
      await work()
    } catch (error) {
      // The next test starts with nobody asking.
      await stop()
      throw error
    }
    const answers = await stop()
    return { ...total(answers), answers, reasons: reasonsOf(answers.filter(isDropped)) }
  },
})
