/** What people do to a rollout: asked first, then done; types only. */

/**
 * `promote` ends the wait it is in; `skip` leaves the step whatever it waits for; `full` leaves all steps, pauses and checks. `undo`
 * takes `revision` (absent: the one before), `set-image` takes `container` and `image`.
 */
export type Action = 'promote' | 'skip' | 'full' | 'abort' | 'retry' | 'pause' | 'resume' | 'restart' | 'undo' | 'set-image'

/** What an action would do now. */
export type ActionPreview = {
  readonly action: Action
  /** False: it makes no sense now, or the person may not. */
  readonly possible: boolean
  /** False: the person's rights do not allow it, as the API server says. */
  readonly permitted: boolean
  /** What it will do, or why it is not possible, and what to do instead. One sentence. */
  readonly sentence: string
  /** What was looked at; sent back as `seen`, the action is refused (409) where something important changed since. */
  readonly seen: string
}

export type ActionRequest = {
  readonly seen?: string
  readonly revision?: number
  readonly container?: string
  readonly image?: string
}

export type ActionDone = { readonly action: Action; readonly sentence: string }
