/** One rollout, live. */
import type { VNode } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { ActionPreview, Numbers, RolloutDetail } from '../../../contract.ts'
import { ActionDialog, type Wish } from '../parts/action-dialog.tsx'
import { Missing, State } from '../parts/basics.tsx'
import { Checks } from '../parts/checks.tsx'
import { Experiments } from '../parts/experiments.tsx'
import { Flow } from '../parts/flow-picture.tsx'
import { Decisions, Events } from '../parts/history.tsx'
import { Latency, Success } from '../parts/numbers.tsx'
import { Pods } from '../parts/pods.tsx'
import { Revisions } from '../parts/revisions.tsx'
import { Sides } from '../parts/sides.tsx'
import { Steps } from '../parts/steps.tsx'
import { getPreviews } from '../requests.ts'
import { offersOf, whyNothing } from '../view/actions.ts'
import { age } from '../view/format.ts'
import type { Command } from '../view/keys.ts'

export type RolloutProps = {
  readonly rollout: string
  readonly detail: RolloutDetail | undefined
  readonly numbers: Numbers | undefined
  readonly isGone: boolean
  readonly now: number
  readonly painted: number
  readonly listen: (take: ((command: Command) => void) | undefined) => void
  readonly say: (sentence: string) => void
}

const SETTLE_MS = 150

/** What can be done, asked again whenever the state is another one. */
const usePreviews = (rollout: string, detail: RolloutDetail | undefined): readonly ActionPreview[] => {
  const [previews, setPreviews] = useState<readonly ActionPreview[]>([])
  const { phase, attention, step, sentence } = detail?.row ?? {}
  const stamp = JSON.stringify([
    phase,
    attention,
    step?.index,
    sentence,
    detail?.revisions.map(({ hash, present }) => [hash, present]),
  ])
  const isThere = detail !== undefined
  useEffect(() => {
    if (!isThere) return
    let wanted = true
    const ask = async (): Promise<void> => {
      const answer = await getPreviews(rollout)
      if (wanted) setPreviews('ok' in answer ? answer.ok : [])
    }
    const timer = setTimeout(() => void ask(), SETTLE_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [rollout, stamp, isThere])
  return previews
}

const COMMANDS: readonly Command[] = ['promote', 'skip', 'full', 'abort', 'retry', 'restart', 'undo']

const wishOf = (command: Command, previews: readonly ActionPreview[]): Wish | undefined => {
  if (command === 'image') return { action: 'set-image' }
  if (command === 'pause') {
    const canResume = previews.some(({ action, possible }) => action === 'resume' && possible)
    return { action: canResume ? 'resume' : 'pause' }
  }
  const known = COMMANDS.find(one => one === command)
  return known === undefined ? undefined : { action: known as Wish['action'] }
}

const Title = ({ detail, now }: { readonly detail: RolloutDetail; readonly now: number }): VNode => {
  const { namespace, name, kind, phase, sentence, strategy, since, updateStartedAt, attention } = detail.row
  const began = attention === 'at-rest' ? undefined : updateStartedAt
  return (
    <div class="title">
      <h1>
        {name} <span class="title-namespace">{namespace}</span>
      </h1>
      <p class="title-facts">
        <State state={phase} />
        <span class="soft">
          {kind}, {strategy}
          {began !== undefined && `, update began ${age(began, now)} ago`}
          {since !== undefined && attention === 'waiting' && `, waits for ${age(since, now)}`}
        </span>
      </p>
      {sentence !== '' && <p class={`callout callout-${attention}`}>{sentence}</p>}
    </div>
  )
}

type BarProps = { readonly previews: readonly ActionPreview[]; readonly wish: (wish: Wish) => void }

const ActionBar = ({ previews, wish }: BarProps): VNode => {
  const why = whyNothing(previews)
  return (
    <div class="actions">
      {why !== undefined && <p class="soft">{why}</p>}
      {offersOf(previews).map(({ action, label, tone }) => (
        <button key={action} type="button" class={`button button-${tone}`} onClick={() => wish({ action })}>
          {label}
        </button>
      ))}
    </div>
  )
}

const Parts = ({
  detail,
  numbers,
  now,
  painted,
  undo,
}: Omit<RolloutProps, 'detail' | 'listen' | 'say' | 'isGone' | 'rollout'> & {
  readonly detail: RolloutDetail
  readonly undo: ((revision: number) => void) | undefined
}): VNode => (
  <div class="parts">
    {detail.sides.length > 0 ? (
      <Sides sides={detail.sides} />
    ) : (
      <Flow services={detail.services} revisions={detail.revisions} numbers={numbers} />
    )}
    <Steps steps={detail.steps} now={now} />
    {/* A blue-green Rollout has no routers that could count. */}
    {detail.sides.length === 0 && <Success numbers={numbers} painted={painted} />}
    {detail.sides.length === 0 && <Latency numbers={numbers} painted={painted} />}
    <Experiments experiments={detail.experiments} now={now} painted={painted} />
    <Checks analyses={detail.analyses} painted={painted} />
    <div class="column">
      <Decisions decisions={detail.decisions} />
      <Events events={detail.events} now={now} />
    </div>
    <Revisions rollout={detail.row.key} revisions={detail.revisions} now={now} undo={undo} />
    <Pods namespace={detail.row.namespace} pods={detail.pods} now={now} />
  </div>
)

const Waiting = ({ rollout, isGone }: Pick<RolloutProps, 'rollout' | 'isGone'>): VNode => (
  <>
    <h1>{rollout.split('/')[1]}</h1>
    <p class="empty">{isGone ? `There is no rollout ${rollout}, or you may not see it.` : 'Looking…'}</p>
  </>
)

type KnownProps = Omit<RolloutProps, 'isGone' | 'listen'> & {
  readonly detail: RolloutDetail
  readonly previews: readonly ActionPreview[]
  readonly wish: Wish | undefined
  readonly setWish: (wish: Wish | undefined) => void
}

const Known = ({ previews, wish, setWish, ...props }: KnownProps): VNode => {
  const { rollout, detail, now, say } = props
  const mayUndo = previews.some(({ action, possible }) => action === 'undo' && possible)
  return (
    <>
      <div class="head">
        <Title detail={detail} now={now} />
        <ActionBar previews={previews} wish={setWish} />
      </div>
      <Missing sentences={detail.missing} />
      <Parts {...props} undo={mayUndo ? revision => setWish({ action: 'undo', revision }) : undefined} />
      {wish !== undefined && (
        <ActionDialog
          key={`${wish.action} ${wish.revision}`}
          rollout={rollout}
          wish={wish}
          revisions={detail.revisions}
          containers={detail.containers}
          close={() => setWish(undefined)}
          done={say}
        />
      )}
    </>
  )
}

export const Rollout = (props: RolloutProps): VNode => {
  const { rollout, detail, isGone, listen, say } = props
  const [wish, setWish] = useState<Wish | undefined>(undefined)
  const previews = usePreviews(rollout, detail)
  const take = useCallback((command: Command) => setWish(before => wishOf(command, previews) ?? before), [previews])
  useEffect(() => {
    listen(take)
    return () => listen(undefined)
  }, [listen, take])
  const said = useRef('')
  useEffect(() => {
    if (detail === undefined) return
    const { name, phase, sentence } = detail.row
    const now = `${name}: ${phase}. ${sentence}`
    if (said.current !== '' && said.current !== now) say(now)
    said.current = now
  }, [detail, say])
  // One and the same element before and after the data came, so that it keeps the focus.
  return (
    <main id="main" class="rollout">
      <nav aria-label="Back">
        <a href="#/">← All rollouts</a>
      </nav>
      {detail === undefined || isGone ? (
        <Waiting rollout={rollout} isGone={isGone} />
      ) : (
        <Known {...props} detail={detail} previews={previews} wish={wish} setWish={setWish} />
      )}
    </main>
  )
}
