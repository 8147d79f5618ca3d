/** The page: who one is, where one is, and what the stream tells, put together. */
import type { VNode } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Go, useNow, usePlace, useTheme } from './hooks.ts'
import { useKeyboard } from './keyboard.ts'
import { Header } from './parts/header.tsx'
import { Help } from './parts/help.tsx'
import { Banner, Toast, useSaid } from './parts/messages.tsx'
import { Login } from './screens/login.tsx'
import { Overview } from './screens/overview.tsx'
import { Rollout } from './screens/rollout.tsx'
import { OneRun, Runs } from './screens/runs.tsx'
import { type Live, type Session, useLive, useSession } from './session.ts'
import type { Command } from './view/keys.ts'
import type { Place } from './view/place.ts'

type Take = (command: Command) => void
type Listen = (take: Take | undefined) => void

const HOME: Place = { screen: 'overview', search: '', group: '' }

/** What the keyboard does everywhere; the rest goes to the screen. */
const useCommands = (
  place: Place,
  go: Go,
  nextTheme: () => void,
): { readonly listen: Listen; readonly help: boolean; readonly setHelp: (on: boolean) => void } => {
  const [help, setHelp] = useState(false)
  const taker = useRef<Take | undefined>(undefined)
  const listen = useCallback<Listen>(take => {
    taker.current = take
  }, [])
  const act = useCallback(
    (command: Command) => {
      if (command === 'help') setHelp(true)
      else if (command === 'theme') nextTheme()
      else if (command === 'overview') go(HOME)
      else if (command === 'close') {
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      } else taker.current?.(command)
    },
    [go, nextTheme],
  )
  useKeyboard(place.screen === 'overview' || place.screen === 'rollout' ? place.screen : 'everywhere', act)
  return { listen, help, setHelp }
}

const focusMain = (): void => {
  const main = document.getElementById('main')
  main?.setAttribute('tabindex', '-1')
  main?.focus({ preventScroll: true })
}

const titleOf = (place: Place): string => {
  if (place.screen === 'overview') return ''
  return place.screen === 'runs' ? 'Experiments' : `${place.namespace}/${place.name}`
}

/** A new screen starts at its top, is named in the title, and has the focus, so that a screen reader begins there. */
const useArrival = (place: Place): void => {
  const where = titleOf(place)
  const first = useRef(true)
  useEffect(() => {
    document.title = where === '' ? 'Sluice' : `${where} – Sluice`
    if (!first.current) {
      window.scrollTo(0, 0)
      focusMain()
    }
    first.current = false
  }, [where])
}

type ScreenProps = {
  readonly place: Place
  readonly go: Go
  readonly live: Live
  readonly now: number
  readonly painted: number
  readonly listen: Listen
  readonly say: (sentence: string) => void
}

const Screen = ({ place, go, live, now, painted, listen, say }: ScreenProps): VNode => {
  const { known } = live
  const look = useCallback((search: string, group: string) => go({ screen: 'overview', search, group }, 'replace'), [go])
  if (place.screen === 'overview')
    return (
      <Overview
        rows={known.rows}
        missing={known.missing}
        now={now}
        search={place.search}
        group={place.group}
        look={look}
        listen={listen}
      />
    )
  if (place.screen === 'runs') return <Runs now={now} />
  const key = `${place.namespace}/${place.name}`
  if (place.screen === 'run')
    return (
      <OneRun
        key={`${place.kind} ${key}`}
        kind={place.kind}
        namespace={place.namespace}
        name={place.name}
        now={now}
        painted={painted}
      />
    )
  return (
    <Rollout
      key={key}
      rollout={key}
      detail={known.detail?.row.key === key ? known.detail : undefined}
      numbers={known.numbers?.key === key ? known.numbers.numbers : undefined}
      isGone={known.gone === key}
      now={now}
      painted={painted}
      listen={listen}
      say={say}
    />
  )
}

const Begin = ({ notice }: Pick<Session, 'notice'>): VNode => (
  <main id="main" class="overview">
    <h1 class="hidden">Sluice</h1>
    <p class="empty" role="status">
      {notice === '' ? 'Connecting…' : `${notice}; trying again.`}
    </p>
  </main>
)

export const App = (): VNode => {
  const { session, notice, signedIn, signedOut, signOut } = useSession()
  const [place, go] = usePlace()
  const { theme, next: nextTheme, painted } = useTheme()
  const on = session?.signedIn === true
  const live = useLive(on, place.screen === 'rollout' ? `${place.namespace}/${place.name}` : undefined, signedOut)
  const said = useSaid()
  const now = useNow()
  const { listen, help, setHelp } = useCommands(place, go, nextTheme)
  useArrival(place)
  return (
    <>
      <button type="button" class="skip button" onClick={focusMain}>
        Skip to the content
      </button>
      <Header
        session={session}
        connection={on ? live.connection : undefined}
        theme={theme}
        nextTheme={nextTheme}
        help={() => setHelp(true)}
        signOut={signOut}
      />
      {on && <Banner connection={live.connection} cut={live.known.cut} now={now} tryNow={live.tryNow} />}
      {session === undefined && <Begin notice={notice} />}
      {session !== undefined && !on && <Login session={session} notice={notice} signedIn={signedIn} />}
      {on && (
        <Screen place={place} go={go} live={live} now={now + live.known.ahead} painted={painted} listen={listen} say={said.say} />
      )}
      <Toast text={said.text} drop={said.drop} />
      {help && <Help close={() => setHelp(false)} />}
    </>
  )
}
