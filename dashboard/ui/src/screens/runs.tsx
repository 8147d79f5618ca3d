/** Experiments, and AnalysisRuns that belong to nothing else: all of them, and one. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ExperimentState, Problem, RunRow, RunState, Runs as RunsAnswer } from '../../../contract.ts'
import { Age, Card, Missing, Scrolls, State } from '../parts/basics.tsx'
import { Run as RunChecks } from '../parts/checks.tsx'
import { ExperimentBody } from '../parts/experiments.tsx'
import { Heads } from '../parts/heads.tsx'
import { type Answer, getExperiment, getRun, getRuns } from '../requests.ts'
import { type RunKind, writePlace } from '../view/place.ts'

const LOOK_MS = 2000

type Looked<T> = { readonly seen?: T; readonly problem?: Problem }

/** Asked again and again, but not while nobody looks at the page. `ask` must stay the same as long as it asks the same. */
const useLooked = <T,>(ask: () => Promise<Answer<T>>, key: string): Looked<T> => {
  const [looked, setLooked] = useState<Looked<T>>({})
  useEffect(() => {
    let wanted = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        const answer = await ask()
        if (!wanted) return
        // What was seen stays, with the problem above it.
        setLooked(before => ('ok' in answer ? { seen: answer.ok } : { ...before, problem: answer.problem }))
      }
      timer = setTimeout(() => void look(), LOOK_MS)
    }
    setLooked({})
    void look()
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [key])
  return looked
}

const placeOf = ({ kind, namespace, name }: Pick<RunRow, 'kind' | 'namespace' | 'name'>): string =>
  writePlace({ screen: 'run', kind, namespace, name })

const Line = ({ row, now }: { readonly row: RunRow; readonly now: number }): VNode => (
  <tr>
    <th scope="row">
      <a href={placeOf(row)}>{row.name}</a>
    </th>
    <td class="soft">{row.namespace}</td>
    <td>{row.kind}</td>
    <td>
      <State state={row.phase} />
    </td>
    <td>
      {row.rollout !== undefined && (
        <>
          step of <a href={writePlace({ screen: 'rollout', namespace: row.namespace, name: row.rollout })}>{row.rollout}</a>
        </>
      )}
      {row.message}
    </td>
    <td>
      <Age since={row.createdAt} now={now} />
    </td>
  </tr>
)

const HEADS = ['name', 'namespace', 'kind', 'state', 'about', 'age']

const List = ({ runs, now }: { readonly runs: RunsAnswer; readonly now: number }): VNode =>
  runs.rows.length === 0 ? (
    <p class="empty">No experiments, and no analysis runs of their own.</p>
  ) : (
    <Scrolls label="List of experiments and analysis runs" way="card scroll-x">
      <table class="runs">
        <Heads of={HEADS} />
        <tbody>
          {runs.rows.map(row => (
            <Line key={`${row.kind} ${row.namespace}/${row.name}`} row={row} now={now} />
          ))}
        </tbody>
      </table>
    </Scrolls>
  )

const Trouble = ({ problem }: { readonly problem: Problem | undefined }): VNode | null =>
  problem === undefined ? null : (
    <p class="problem" role="alert">
      {problem.message}
    </p>
  )

export const Runs = ({ now }: { readonly now: number }): VNode => {
  const { seen, problem } = useLooked(getRuns, 'runs')
  return (
    <main id="main" class="rollout">
      <nav aria-label="Back">
        <a href="#/">← All rollouts</a>
      </nav>
      <div class="head">
        <h1>Experiments and analysis runs</h1>
      </div>
      <Trouble problem={problem} />
      {seen === undefined ? problem === undefined && <p class="empty">Looking…</p> : <List runs={seen} now={now} />}
      <Missing sentences={seen?.missing ?? []} />
    </main>
  )
}

type OneProps = {
  readonly kind: RunKind
  readonly namespace: string
  readonly name: string
  readonly now: number
  readonly painted: number
}

type Seen = { readonly experiment: ExperimentState } | { readonly run: RunState }

const look = async ({ kind, namespace, name }: OneProps): Promise<Answer<Seen>> => {
  if (kind === 'Experiment') {
    const answer = await getExperiment(namespace, name)
    return 'ok' in answer ? { ok: { experiment: answer.ok } } : answer
  }
  const answer = await getRun(namespace, name)
  return 'ok' in answer ? { ok: { run: answer.ok } } : answer
}

const Body = ({ seen, now, painted }: Pick<OneProps, 'now' | 'painted'> & { readonly seen: Seen }): VNode => (
  <div class="parts">
    {'experiment' in seen ? (
      <Card id="experiment" title="Versions and what is measured">
        <ExperimentBody experiment={seen.experiment} now={now} painted={painted} />
      </Card>
    ) : (
      <Card id="run" title="What is measured">
        <RunChecks run={seen.run} painted={painted} />
      </Card>
    )}
  </div>
)

export const OneRun = (props: OneProps): VNode => {
  const { kind, namespace, name, now, painted } = props
  const { seen, problem } = useLooked(() => look(props), `${kind} ${namespace}/${name}`)
  const state = seen === undefined ? undefined : 'experiment' in seen ? seen.experiment : seen.run
  return (
    <main id="main" class="rollout">
      <nav aria-label="Back">
        <a href={writePlace({ screen: 'runs' })}>← Experiments and analysis runs</a>
      </nav>
      <div class="head">
        <div class="title">
          <h1>
            {name} <span class="title-namespace">{namespace}</span>
          </h1>
          <p class="title-facts">
            {state !== undefined && <State state={state.phase} />}
            <span class="soft">
              {kind === 'Experiment' ? 'Experiment' : 'Analysis run'}
              {state !== undefined && ', begun '}
              {state !== undefined && <Age since={state.createdAt} now={now} />}
              {state !== undefined && ' ago'}
            </span>
          </p>
          {state !== undefined && state.message !== '' && <p class="callout">{state.message}</p>}
        </div>
      </div>
      <Trouble problem={problem} />
      {seen === undefined ? (
        problem === undefined && <p class="empty">Looking…</p>
      ) : (
        <Body seen={seen} now={now} painted={painted} />
      )}
    </main>
  )
}
