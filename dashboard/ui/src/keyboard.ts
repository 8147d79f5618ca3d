/** Keys to commands, for the whole page. */
import { useEffect } from 'preact/hooks'
import { type Command, commandOf, type Scope } from './view/keys.ts'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

const isControl = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('a, button, summary, [tabindex]') !== null

export const useKeyboard = (scope: Scope, act: (command: Command) => void): void => {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return
      const { key, ctrlKey, metaKey, altKey, target } = event
      const pressed = { key, ctrl: ctrlKey || metaKey || altKey, typing: isTyping(target), onControl: isControl(target) }
      const command = commandOf(pressed, scope)
      if (command === undefined) return
      event.preventDefault()
      act(command)
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [scope, act])
}
