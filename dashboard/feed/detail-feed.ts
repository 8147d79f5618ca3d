/** One rollout for one page: told again when something of it differs, and its numbers while an update is in progress. */

import { startInformer } from '../../kube/informer.ts'
import { silentLogger } from '../../kube/log.ts'
import { EVENTS } from '../../kube/resources.ts'
import { type Asked, numbersReader } from '../../view/read-numbers.ts'
import { isInProgress, type RolloutView } from '../../view/rollout-view.ts'
import { type WatchedView, watchView } from '../../view/watch-view.ts'
import type { StreamEvent } from '../contract.ts'
import { makeDetail } from '../model/detail.ts'
import type { KubeEvent } from '../model/events.ts'
import { makeNumbers } from '../model/numbers.ts'
import { type DetailSource, missingSentence } from './read-detail.ts'

export type DetailFeed = { readonly stop: () => Promise<void> }

export type DetailFeedOptions = DetailSource & {
  readonly namespace: string
  readonly name: string
  readonly tell: (event: StreamEvent) => void
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

const GATHER_MS = 250
const NUMBERS_MS = 2_000
/** Whoever may not ask the routers will not be allowed to in two seconds. */
const ASK_AGAIN_MS = 15_000

const toldOf = (view: RolloutView): boolean => isInProgress(view) && view.services.some(({ route }) => route !== undefined)

/** Tells at once what there is; resolves when the first picture was told. */
export const startDetailFeed = async (options: DetailFeedOptions): Promise<DetailFeed> => {
  const { client, namespace, name, tell, sleep, now, sluiceNamespace } = options
  const ending = new AbortController()
  const { signal } = ending
  const key = `${namespace}/${name}`
  const events = startInformer<KubeEvent>({ client, resource: EVENTS, namespace, log: silentLogger })
  const watched: WatchedView = await watchView(client, { namespace, name }, ms => sleep(ms, signal))
  const read = numbersReader({ client, sluiceNamespace, now })
  let asked: Asked | undefined
  let lastDetail = ''
  let lastPoint = 0

  const missing = (): readonly string[] =>
    [...watched.missing(), ...(events.hasSynced() ? [] : ['events'])].map(plural => missingSentence(plural, namespace))

  const tellDetail = (): void => {
    const view = watched.read()
    const numbers = asked !== undefined && 'seconds' in asked ? asked : undefined
    const event: StreamEvent =
      view === undefined
        ? { type: 'gone', key }
        : { type: 'rollout', detail: makeDetail({ view, events: events.list(), numbers, missing: missing(), now: now() }) }
    const text = JSON.stringify(event)
    if (text === lastDetail) return
    lastDetail = text
    tell(event)
  }
  const tellNumbers = async (): Promise<number> => {
    const view = watched.read()
    if (view === undefined || !toldOf(view)) return NUMBERS_MS
    asked = await read(view)
    if (signal.aborted) return 0
    const numbers = makeNumbers(asked, view.analysisRuns, now())
    const points = numbers.points.filter(({ at }) => at > lastPoint)
    lastPoint = points.at(-1)?.at ?? lastPoint
    tell({ type: 'numbers', key, numbers: { ...numbers, points } })
    return numbers.unknown === undefined ? NUMBERS_MS : ASK_AGAIN_MS
  }
  const followObjects = async (): Promise<void> => {
    while (!signal.aborted) {
      await watched.changed(NUMBERS_MS)
      await sleep(GATHER_MS, signal)
      if (!signal.aborted) tellDetail()
    }
  }
  const followNumbers = async (): Promise<void> => {
    while (!signal.aborted) await sleep(await tellNumbers(), signal)
  }
  tellDetail()
  const running = Promise.all([followObjects(), followNumbers()])
  return {
    stop: async () => {
      ending.abort()
      await Promise.all([running, watched.stop(), events.stop()])
    },
  }
}
