/** Experiments: versions side by side, how long they still stand, and what is measured of them. */
import type { VNode } from 'preact'
import type { ExperimentState, ExperimentVersionState } from '../../../contract.ts'
import { age, shortImage, span } from '../view/format.ts'
import { Card, State } from './basics.tsx'
import { Run } from './checks.tsx'

const Version = ({ version }: { readonly version: ExperimentVersionState }): VNode => {
  const { name, phase, message, images, pods, service } = version
  return (
    <li class="side">
      <p class="side-head">
        <b>{name}</b> <State state={phase} />
      </p>
      <p class="version-image" title={images.join(', ')}>
        {images.map(shortImage).join(', ')}
      </p>
      <p class="soft">
        {pods.ready}/{pods.desired} pods ready{service !== undefined && `, Service ${service}`}
      </p>
      {message !== '' && <p>{message}</p>}
    </li>
  )
}

/** How long it runs, and until when; a share of 1 for the bar where it ends by itself. */
const timeOf = (
  { availableAt, endsAt, duration }: ExperimentState,
  now: number,
): { readonly says: string; readonly done?: number } => {
  if (availableAt === undefined) return { says: 'until all versions are available' }
  if (endsAt === undefined) return { says: `measured for ${age(availableAt, now)}, until its analyses end` }
  const [start, end] = [Date.parse(availableAt), Date.parse(endsAt)]
  if (now >= end) return { says: `ran for ${duration}` }
  return { says: `${span(end - now)} of ${duration} to go`, done: Math.min(1, Math.max(0, (now - start) / (end - start))) }
}

type BodyProps = { readonly experiment: ExperimentState; readonly now: number; readonly painted: number }

const isOver = ({ phase }: ExperimentState): boolean => phase !== 'Pending' && phase !== 'Running'

export const ExperimentBody = ({ experiment, now, painted }: BodyProps): VNode => {
  const { says, done } = timeOf(experiment, now)
  return (
    <>
      <p class="card-note">
        {isOver(experiment) ? `over; its pods go after a while` : says}
        {done !== undefined && !isOver(experiment) && (
          <progress class="step-progress" value={done} max="1" aria-label={`time of ${experiment.name}`} />
        )}
      </p>
      {experiment.message !== '' && <p>{experiment.message}</p>}
      <ul class="sides">
        {experiment.versions.map(version => (
          <Version key={version.name} version={version} />
        ))}
      </ul>
      {experiment.analyses.map(run => (
        <Run key={run.name} run={run} painted={painted} />
      ))}
    </>
  )
}

type ExperimentsProps = { readonly experiments: readonly ExperimentState[]; readonly now: number; readonly painted: number }

/** Of the steps of a rollout; nothing where there is none. */
export const Experiments = ({ experiments, now, painted }: ExperimentsProps): VNode | null =>
  experiments.length === 0 ? null : (
    <Card id="experiments" title="Experiments">
      {experiments.map(experiment => (
        <article key={experiment.name} aria-label={`Experiment ${experiment.name}`}>
          <h3>
            <span class="mono">{experiment.name}</span> <State state={experiment.phase} />
          </h3>
          <ExperimentBody experiment={experiment} now={now} painted={painted} />
        </article>
      ))}
    </Card>
  )
