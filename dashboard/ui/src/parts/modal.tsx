/** A dialog in front of the page: the browser's own, which keeps the keyboard inside and gives the focus back. */
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

type ModalProps = {
  readonly title: string
  readonly close: () => void
  /** As wide as the window lets it. */
  readonly wide?: boolean
  readonly children: ComponentChildren
}

export const Modal = ({ title, close, wide = false, children }: ModalProps): VNode => {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      class={wide ? 'modal modal-wide' : 'modal'}
      aria-labelledby={id}
      onClose={close}
      onCancel={close}
      onClick={event => {
        // A click beside the dialog is one on the dialog's own backdrop.
        if (event.target === ref.current) close()
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') close()
        event.stopPropagation()
      }}
    >
      <div class="modal-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}
