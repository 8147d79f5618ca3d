/** Names of the actions, and which of them are offered. */
import type { Action, ActionPreview } from '../../../contract.ts'

export type ActionLook = {
  readonly action: Action
  readonly label: string
  /** `main`: what one most likely came for. `danger`: takes traffic away from the new version. */
  readonly tone: 'main' | 'plain' | 'danger'
}

/** In the order in which they are shown. */
export const ACTIONS: readonly ActionLook[] = [
  { action: 'promote', label: 'Promote', tone: 'main' },
  { action: 'retry', label: 'Retry', tone: 'main' },
  { action: 'resume', label: 'Resume', tone: 'main' },
  { action: 'skip', label: 'Skip step', tone: 'plain' },
  { action: 'full', label: 'Promote in full', tone: 'plain' },
  { action: 'pause', label: 'Pause', tone: 'plain' },
  { action: 'abort', label: 'Abort', tone: 'danger' },
  { action: 'undo', label: 'Undo', tone: 'plain' },
  { action: 'set-image', label: 'Set image', tone: 'plain' },
  { action: 'restart', label: 'Restart', tone: 'plain' },
]

export type Offer = ActionLook & { readonly preview?: ActionPreview }

/** All that makes sense now is what this person may not do. What makes no sense is not looked up among anybody's rights. */
const mayOnlyLook = (previews: readonly ActionPreview[]): boolean =>
  !previews.some(({ possible }) => possible) && previews.some(({ permitted }) => !permitted)

/**
 * What can be done now. Setting an image needs a container and an image before the server can say anything, so it is offered to everybody
 * but those who may do nothing.
 */
export const offersOf = (previews: readonly ActionPreview[]): readonly Offer[] => {
  const mayAct = previews.length > 0 && !mayOnlyLook(previews)
  return ACTIONS.flatMap(look => {
    const preview = previews.find(({ action }) => action === look.action)
    if (look.action === 'set-image') return mayAct ? [preview === undefined ? look : { ...look, preview }] : []
    return preview?.possible === true ? [{ ...look, preview }] : []
  })
}

/** Why there is nothing to click, as a sentence; undefined where there is something. */
export const whyNothing = (previews: readonly ActionPreview[]): string | undefined =>
  mayOnlyLook(previews) ? 'You may look at this rollout, not change it.' : undefined
