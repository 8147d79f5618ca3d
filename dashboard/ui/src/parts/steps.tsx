/** The steps of the update from first to last, with what each took. */
import type { VNode } from 'preact'
import type { Step } from '../../../contract.ts'
import { clock } from '../view/format.ts'
import { explainStep, STEP_LOOKS, timeOfStep } from '../view/steps.ts'
import { Card } from './basics.tsx'
import { Icon } from './icon.tsx'

const Line = ({ step, now }: { readonly step: Step; readonly now: number }): VNode => {
  const { sign, word } = STEP_LOOKS[step.state]
  const { text, done } = timeOfStep(step, now)
  return (
    <li class={`step step-${step.state}`} aria-current={step.state === 'running' ? 'step' : undefined}>
      <span class="step-icon">
        <Icon sign={sign} />
      </span>
      <span class="step-text">
        <b>{step.text}</b> <span class="soft">{explainStep(step)}</span>
        <span class="hidden">, {word}</span>
        {done !== undefined && <progress class="step-progress" value={done} max="1" aria-label={`time of step ${step.text}`} />}
      </span>
      <span class="step-time" title={step.startedAt === undefined ? undefined : `since ${clock(step.startedAt)}`}>
        {text}
      </span>
    </li>
  )
}

export const Steps = ({ steps, now }: { readonly steps: readonly Step[]; readonly now: number }): VNode => (
  <Card id="steps" title="Steps">
    {steps.length === 0 ? (
      <p class="empty">No update is in progress.</p>
    ) : (
      <ol class="steps">
        {steps.map(step => (
          <Line key={step.index} step={step} now={now} />
        ))}
      </ol>
    )}
  </Card>
)
