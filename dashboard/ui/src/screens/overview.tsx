/** All rollouts of all namespaces: what waits for a person, what was rolled back and why, what is in flight. */
import type { VNode } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { RolloutRow } from '../../../contract.ts'
import { Missing } from '../parts/basics.tsx'
import { RowLine } from '../parts/row-line.tsx'
import type { Command } from '../view/keys.ts'
import { chooseRows, countRows, GROUPS } from '../view/rows.ts'
import { heightOf, type Scroll, scrollTo, sliceOf, topOf } from '../view/virtual.ts'

export type OverviewProps = {
  readonly rows: ReadonlyMap<string, RolloutRow> | undefined
  readonly missing: readonly string[]
  readonly now: number
  readonly search: string
  readonly group: string
  readonly look: (search: string, group: string) => void
  /** Takes the commands of the keyboard that are this screen's. */
  readonly listen: (take: ((command: Command) => void) | undefined) => void
}

/** Pixels of a row that has something to say, and of one at rest. */
const ROWS = { wide: [68, 46], narrow: [116, 62] } as const
const NARROW = '(max-width: 720px)'

const useRowHeights = (): readonly [number, number] => {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches)
  useEffect(() => {
    const query = matchMedia(NARROW)
    const read = (): void => setNarrow(query.matches)
    query.addEventListener('change', read)
    return () => query.removeEventListener('change', read)
  }, [])
  return ROWS[narrow ? 'narrow' : 'wide']
}

/** How the list lies in the window. */
const useScroll = (list: { readonly current: HTMLElement | null }): Scroll => {
  const [scroll, setScroll] = useState<Scroll>({ top: 0, height: innerHeight })
  useLayoutEffect(() => {
    const read = (): void => {
      const top = -(list.current?.getBoundingClientRect().top ?? 0)
      setScroll(before => (before.top === top && before.height === innerHeight ? before : { top, height: innerHeight }))
    }
    read()
    window.addEventListener('scroll', read, { passive: true })
    window.addEventListener('resize', read)
    return () => {
      window.removeEventListener('scroll', read)
      window.removeEventListener('resize', read)
    }
  }, [list])
  return scroll
}

const MOVES: { readonly [command in Command]?: (at: number, count: number) => number } = {
  next: (at, count) => Math.min(at + 1, count - 1),
  previous: at => Math.max(at - 1, 0),
  first: () => 0,
  last: (_, count) => count - 1,
}

type ListProps = Pick<OverviewProps, 'now' | 'listen'> & {
  readonly chosen: readonly RolloutRow[]
  readonly focusSearch: () => void
}

/** Only rows in sight are in the page; the keyboard moves through all of them. */
const List = ({ chosen, now, listen, focusSearch }: ListProps): VNode => {
  const list = useRef<HTMLUListElement>(null)
  const scroll = useScroll(list)
  const [busyHeight, restHeight] = useRowHeights()
  // Rows at rest come last.
  const zones = useMemo(() => {
    const resting = chosen.filter(({ attention }) => attention === 'at-rest').length
    return [
      { count: chosen.length - resting, rowHeight: busyHeight },
      { count: resting, rowHeight: restHeight },
    ]
  }, [chosen, busyHeight, restHeight])
  const [current, setCurrent] = useState('')
  // The key after this one may come before the row is drawn.
  const at = useRef('')
  const wantsFocus = useRef(false)
  const focused = useCallback((key: string) => {
    at.current = key
    setCurrent(key)
  }, [])
  const slice = sliceOf(scroll, zones)
  const take = useCallback(
    (command: Command) => {
      if (command === 'search') return focusSearch()
      if (command === 'open' && at.current !== '') return list.current?.querySelector<HTMLElement>('a[data-current]')?.click()
      const move = MOVES[command]
      if (move === undefined || chosen.length === 0) return
      const row = move(
        chosen.findIndex(({ key }) => key === at.current),
        chosen.length,
      )
      const top = -(list.current?.getBoundingClientRect().top ?? 0)
      const to = scrollTo({ top, height: innerHeight }, zones, row, 96)
      if (to !== undefined) window.scrollBy({ top: to - top, behavior: 'instant' })
      wantsFocus.current = true
      focused(chosen[row]?.key ?? '')
    },
    [chosen, zones, focusSearch, focused],
  )
  useEffect(() => {
    listen(take)
    return () => listen(undefined)
  }, [listen, take])
  useEffect(() => {
    const link = list.current?.querySelector<HTMLElement>('a[data-current]')
    if (!wantsFocus.current || current !== at.current || !link) return
    wantsFocus.current = false
    link.focus({ preventScroll: true })
  })
  return (
    <ul ref={list} class="rows" style={{ height: `${topOf(zones, chosen.length)}px` }} aria-label="Rollouts">
      {chosen.slice(slice.from, slice.to).map((row, index) => (
        <RowLine
          key={row.key}
          row={row}
          now={now}
          top={topOf(zones, slice.from + index)}
          height={heightOf(zones, slice.from + index)}
          position={slice.from + index + 1}
          count={chosen.length}
          isCurrent={row.key === current}
          focused={focused}
        />
      ))}
    </ul>
  )
}

const Tiles = ({
  rows,
  group,
  choose,
}: {
  readonly rows: OverviewProps['rows']
  readonly group: string
  readonly choose: (group: string) => void
}): VNode => {
  const counts = useMemo(() => countRows(rows?.values() ?? []), [rows])
  return (
    <fieldset class="tiles">
      <legend class="hidden">Show only</legend>
      {GROUPS.map(({ attention, title, says }) => (
        <button
          key={attention}
          type="button"
          class={`tile tile-${attention} ${counts.get(attention) === 0 ? 'tile-none' : ''}`}
          aria-pressed={group === attention}
          onClick={() => choose(group === attention ? '' : attention)}
        >
          <span class="tile-count">{rows === undefined ? '–' : counts.get(attention)}</span>
          <span class="tile-title">{title}</span>
          <span class="tile-says">{says}</span>
        </button>
      ))}
    </fieldset>
  )
}

const nothing = (rows: OverviewProps['rows']): string => {
  if (rows === undefined) return 'Looking…'
  return rows.size === 0
    ? 'No rollouts yet. Annotate a Deployment with sluice.dev/strategy: canary, and its next version shows up here.'
    : 'Nothing matches.'
}

export const Overview = ({ rows, missing, now, search, group, look, listen }: OverviewProps): VNode => {
  const field = useRef<HTMLInputElement>(null)
  const chosen = useMemo(() => chooseRows(rows?.values() ?? [], search, group), [rows, search, group])
  const focusSearch = useCallback(() => field.current?.focus(), [])
  return (
    <main id="main" class="overview">
      <h1 class="hidden">All rollouts</h1>
      <Tiles rows={rows} group={group} choose={next => look(search, next)} />
      <div class="search">
        <label class="hidden" for="search">
          Search rollouts
        </label>
        <input
          ref={field}
          id="search"
          type="search"
          placeholder="Search: web, ns:shop, status:paused, !team"
          autocomplete="off"
          spellcheck={false}
          value={search}
          onInput={event => look(event.currentTarget.value, group)}
        />
        <span class="kbd" aria-hidden="true">
          /
        </span>
        <span class="search-count" role="status">
          {rows !== undefined &&
            (chosen.length === rows.size ? `${rows.size} rollouts` : `${chosen.length} of ${rows.size} rollouts`)}
        </span>
      </div>
      <Missing sentences={missing} />
      {chosen.length === 0 && <p class="empty">{nothing(rows)}</p>}
      <List chosen={chosen} now={now} listen={listen} focusSearch={focusSearch} />
    </main>
  )
}
