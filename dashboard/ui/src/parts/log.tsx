/** The log of one pod in front of the page; it goes on by itself, and stays where one reads. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PodState } from '../../../contract.ts'
import { useLog } from '../log.ts'
import { Modal } from './modal.tsx'

type LogProps = { readonly namespace: string; readonly pod: PodState; readonly close: () => void }

/** As near to the end as that, one wants to see what comes. */
const AT_END_PX = 40

export const Log = ({ namespace, pod, close }: LogProps): VNode => {
  const [container, setContainer] = useState(pod.containers.at(-1) ?? '')
  const [previous, setPrevious] = useState(false)
  const { lines, problem, ended } = useLog({ namespace, pod: pod.name, container, previous })
  const box = useRef<HTMLElement>(null)
  const atEnd = useRef(true)
  useEffect(() => {
    const element = box.current
    if (element !== null && atEnd.current) element.scrollTop = element.scrollHeight
  })
  return (
    <Modal title={`Log of ${pod.name}`} close={close} wide>
      <div class="log-choice">
        {pod.containers.length > 1 && (
          <label class="field">
            Container
            <select value={container} onChange={event => setContainer(event.currentTarget.value)}>
              {pod.containers.map(name => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <label class="check-field">
          <input type="checkbox" checked={previous} onChange={event => setPrevious(event.currentTarget.checked)} /> before its
          last restart
        </label>
        <span class="soft" role="status">
          {problem === undefined ? (ended ? 'that was all' : 'live') : ''}
        </span>
      </div>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <section
        ref={box}
        class="log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolling is what the focus is for here (axe: scrollable-region-focusable)
        tabIndex={0}
        aria-label={`Lines of ${container}`}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PX
        }}
      >
        <pre>
          {lines.lines.join('\n')}
          {lines.rest !== '' && `\n${lines.rest}`}
        </pre>
      </section>
      <div class="modal-buttons">
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
    </Modal>
  )
}
