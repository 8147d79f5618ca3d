/** What was decided and why, in sentences; and the events of Kubernetes. */
import type { VNode } from 'preact'
import type { Decision, EventLine } from '../../../contract.ts'
import { Age, Card, Clock, Scrolls, State } from './basics.tsx'

const MARKS: { readonly [kind in Decision['kind']]: string } = {
  begin: '▸',
  step: '→',
  wait: '॥',
  check: 'α',
  good: '✔',
  bad: '✖',
  end: '■',
}

export const Decisions = ({ decisions }: { readonly decisions: readonly Decision[] }): VNode => (
  <Card id="decisions" title="Decisions">
    {decisions.length === 0 ? (
      <p class="empty">Nothing was decided yet.</p>
    ) : (
      <ol class="decisions">
        {decisions.map(({ at, kind, text }) => (
          <li key={`${at} ${text}`} class={`decision decision-${kind}`}>
            <Clock at={at} />
            <span class="decision-mark" aria-hidden="true">
              {MARKS[kind]}
            </span>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    )}
  </Card>
)

export const Events = ({ events, now }: { readonly events: readonly EventLine[]; readonly now: number }): VNode => (
  <Card id="events" title="Events">
    {events.length === 0 ? (
      <p class="empty">No events, or none that you may see.</p>
    ) : (
      <Scrolls label="Events" way="scroll-y">
        <ul class="events">
          {events.map(({ at, type, reason, message, count, object }) => (
            <li key={`${at} ${object} ${reason} ${message}`} class="event">
              <span class="event-reason">
                {type === 'Warning' ? <State state="Warning" text={reason} /> : <b>{reason}</b>}
                <span class="soft">
                  {object}, <Age since={at} now={now} /> ago{count > 1 ? `, ${count} times` : ''}
                </span>
              </span>
              <span>{message}</span>
            </li>
          ))}
        </ul>
      </Scrolls>
    )}
  </Card>
)
