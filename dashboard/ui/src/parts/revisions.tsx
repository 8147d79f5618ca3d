/** The versions that can be gone back to: what differs, and one click to undo. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Revision, RevisionDiff } from '../../../contract.ts'
import { type Answer, getDiff } from '../requests.ts'
import { shortImage, span } from '../view/format.ts'
import { Age, Card, Role } from './basics.tsx'

const readable = (json: string): string => (/^"[^"\\]*"$/.test(json) ? json.slice(1, -1) : json)

const Changes = ({ diff }: { readonly diff: RevisionDiff }): VNode =>
  diff.changes.length === 0 ? (
    <p class="soft">Its template is the present one.</p>
  ) : (
    <dl class="diff">
      {diff.changes.map(({ path, before, after }) => (
        <div key={path}>
          <dt>{path}</dt>
          {before !== undefined && (
            <dd class="diff-before">
              <span class="hidden">in revision {diff.revision}: </span>
              <del>{readable(before)}</del>
            </dd>
          )}
          {after !== undefined && (
            <dd class="diff-after">
              <span class="hidden">now: </span>
              <ins>{readable(after)}</ins>
            </dd>
          )}
        </div>
      ))}
    </dl>
  )

const Diff = ({ rollout, revision }: { readonly rollout: string; readonly revision: number }): VNode => {
  const [answer, setAnswer] = useState<Answer<RevisionDiff> | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    void getDiff(rollout, revision).then(one => wanted && setAnswer(one))
    return () => {
      wanted = false
    }
  }, [rollout, revision])
  if (answer === undefined) return <p class="soft">Comparing…</p>
  return 'ok' in answer ? <Changes diff={answer.ok} /> : <p class="problem">{answer.problem.message}</p>
}

type LineProps = {
  readonly rollout: string
  readonly one: Revision
  readonly now: number
  readonly undo: ((revision: number) => void) | undefined
}

const Line = ({ rollout, one, now, undo }: LineProps): VNode => {
  const [open, setOpen] = useState(false)
  const { revision, hash, roles, images, present, cause, pods, createdAt, scaleDownAt } = one
  const left = scaleDownAt === undefined ? 0 : Date.parse(scaleDownAt) - now
  return (
    <li class="revision">
      <div class="revision-head">
        <b class="revision-number">{revision}</b>
        <span class="revision-image" title={images.join(', ')}>
          {images.map(shortImage).join(', ')}
        </span>
        {roles.map(role => (
          <Role key={role} role={role} />
        ))}
        {cause !== undefined && <span class="revision-cause">“{cause}”</span>}
        <span class="soft revision-facts">
          <span class="mono">{hash}</span>, {pods.ready}/{pods.desired} pods, <Age since={createdAt} now={now} /> old
          {left > 0 && `, its pods go in ${span(left)}`}
        </span>
        <span class="revision-buttons">
          {!present && (
            <button type="button" class="quiet-button" aria-expanded={open} onClick={() => setOpen(now => !now)}>
              Diff <span class="hidden">of revision {revision}</span>
            </button>
          )}
          {!present && undo !== undefined && (
            <button type="button" class="quiet-button" onClick={() => undo(revision)}>
              Undo to {revision}
            </button>
          )}
        </span>
      </div>
      {open && <Diff rollout={rollout} revision={revision} />}
    </li>
  )
}

type RevisionsProps = {
  readonly rollout: string
  readonly revisions: readonly Revision[]
  readonly now: number
  /** Absent where the person may not. */
  readonly undo: ((revision: number) => void) | undefined
}

export const Revisions = ({ rollout, revisions, now, undo }: RevisionsProps): VNode => (
  <Card id="revisions" title="Revisions">
    {revisions.length === 0 ? (
      <p class="empty">No revision yet.</p>
    ) : (
      <ol class="revisions">
        {revisions.map(one => (
          <Line key={one.hash} rollout={rollout} one={one} now={now} undo={undo} />
        ))}
      </ol>
    )}
  </Card>
)
