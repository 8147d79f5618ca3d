/** Before anything is changed: what it will do, in the server's words; then the answer. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Action, ActionPreview, ActionRequest, ContainerImage, Revision } from '../../../contract.ts'
import { act, previewAction } from '../requests.ts'
import { ACTIONS } from '../view/actions.ts'
import { shortImage } from '../view/format.ts'
import { Modal } from './modal.tsx'

export type Wish = { readonly action: Action; readonly revision?: number }

type Props = {
  readonly rollout: string
  readonly wish: Wish
  readonly revisions: readonly Revision[]
  readonly containers: readonly ContainerImage[]
  readonly close: () => void
  readonly done: (sentence: string) => void
}

type Given = Pick<ActionRequest, 'revision' | 'container' | 'image'>

type State = { readonly preview?: ActionPreview; readonly problem?: string; readonly busy?: boolean }

const TYPING_MS = 300

const firstGiven = ({ wish, revisions, containers }: Props): Given => {
  if (wish.action === 'undo') {
    const before = revisions.find(({ present }) => !present)?.revision
    const revision = wish.revision ?? before
    return revision === undefined ? {} : { revision }
  }
  const [container] = containers
  return wish.action === 'set-image' && container !== undefined ? { container: container.name, image: container.image } : {}
}

/** The server is asked again whenever what is asked for changed. `round` asks once more. */
const usePreview = (rollout: string, action: Action, given: Given, round: number): readonly [State, (state: State) => void] => {
  const [state, setState] = useState<State>({})
  const asked = JSON.stringify(given)
  useEffect(() => {
    let wanted = true
    const ask = async (): Promise<void> => {
      const request: Given = JSON.parse(asked)
      const answer = await previewAction(rollout, action, request)
      if (!wanted) return
      setState(before => ('ok' in answer ? { ...before, preview: answer.ok } : { problem: answer.problem.message }))
    }
    const timer = setTimeout(() => void ask(), action === 'set-image' ? TYPING_MS : 0)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [rollout, action, asked, round])
  return [state, setState]
}

type FieldsProps = Pick<Props, 'wish' | 'revisions' | 'containers'> & {
  readonly given: Given
  readonly give: (given: Given) => void
}

const Fields = ({ wish, revisions, containers, given, give }: FieldsProps): VNode | null => {
  if (wish.action === 'undo')
    return (
      <label class="field">
        Revision
        <select value={String(given.revision)} onChange={event => give({ revision: Number(event.currentTarget.value) })}>
          {revisions
            .filter(({ present }) => !present)
            .map(({ revision, images }) => (
              <option key={revision} value={String(revision)}>
                {revision}: {images.map(shortImage).join(', ')}
              </option>
            ))}
        </select>
      </label>
    )
  if (wish.action !== 'set-image') return null
  return (
    <>
      <label class="field">
        Container
        <select
          value={given.container ?? ''}
          onChange={event => {
            const container = event.currentTarget.value
            give({ container, image: containers.find(({ name }) => name === container)?.image ?? '' })
          }}
        >
          {containers.map(({ name, init }) => (
            <option key={name} value={name}>
              {init ? `${name} (init)` : name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        Image
        <input
          type="text"
          class="mono"
          spellcheck={false}
          autocomplete="off"
          list="known-images"
          value={given.image ?? ''}
          onInput={event => give({ ...given, image: event.currentTarget.value.trim() })}
        />
      </label>
      <datalist id="known-images">
        {[...new Set(revisions.flatMap(({ images }) => images))].map(image => (
          <option key={image} value={image} />
        ))}
      </datalist>
    </>
  )
}

export const ActionDialog = (props: Props): VNode => {
  const { rollout, wish, close, done } = props
  const [given, give] = useState(() => firstGiven(props))
  const [round, setRound] = useState(0)
  const [{ preview, problem, busy = false }, setState] = usePreview(rollout, wish.action, given, round)
  const { label = wish.action, tone = 'plain' } = ACTIONS.find(({ action }) => action === wish.action) ?? {}
  const name = rollout.split('/')[1] ?? rollout

  const confirm = async (): Promise<void> => {
    if (preview === undefined || busy) return
    setState({ preview, busy: true })
    const answer = await act(rollout, wish.action, { ...given, seen: preview.seen })
    if ('ok' in answer) {
      done(answer.ok.sentence)
      close()
      return
    }
    setState({ preview, problem: answer.problem.message })
    // Something changed meanwhile: say what it would do now.
    if (answer.problem.status === 409) setRound(one => one + 1)
  }

  return (
    <Modal title={`${label}: ${name}`} close={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          void confirm()
        }}
      >
        <Fields {...props} given={given} give={give} />
        <p class={`preview ${preview?.possible === false ? 'preview-refused' : ''}`} aria-live="polite">
          {preview?.sentence ?? (problem === undefined ? 'Asking what it will do…' : '')}
        </p>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="modal-buttons">
          <button type="button" class="button" onClick={close}>
            Leave it
          </button>
          <button
            type="submit"
            class={`button button-${tone === 'danger' ? 'danger' : 'main'}`}
            disabled={preview?.possible !== true || busy}
          >
            {busy ? 'Sending…' : label}
          </button>
        </div>
      </form>
    </Modal>
  )
}
