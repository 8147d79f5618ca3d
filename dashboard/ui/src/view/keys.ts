/** What each key does, in one place: the help shows this table and the page acts by it. */

export type Scope = 'everywhere' | 'overview' | 'rollout'

export type Command =
  | 'help'
  | 'close'
  | 'overview'
  | 'search'
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'open'
  | 'theme'
  | 'promote'
  | 'skip'
  | 'full'
  | 'abort'
  | 'retry'
  | 'pause'
  | 'restart'
  | 'undo'
  | 'image'

export type Key = {
  /** As `KeyboardEvent.key` has it; two keys one after the other with a blank between them. */
  readonly keys: readonly string[]
  readonly command: Command
  readonly scope: Scope
  readonly says: string
}

export const KEYS: readonly Key[] = [
  { keys: ['?'], command: 'help', scope: 'everywhere', says: 'show the keys' },
  { keys: ['Escape'], command: 'close', scope: 'everywhere', says: 'close what is open; leave the search field' },
  { keys: ['g'], command: 'overview', scope: 'everywhere', says: 'go to all rollouts' },
  { keys: ['t'], command: 'theme', scope: 'everywhere', says: 'light, dark, or as the machine has it' },
  { keys: ['/'], command: 'search', scope: 'overview', says: 'search' },
  { keys: ['j', 'ArrowDown'], command: 'next', scope: 'overview', says: 'next rollout' },
  { keys: ['k', 'ArrowUp'], command: 'previous', scope: 'overview', says: 'previous rollout' },
  { keys: ['Home'], command: 'first', scope: 'overview', says: 'first rollout' },
  { keys: ['End'], command: 'last', scope: 'overview', says: 'last rollout' },
  { keys: ['Enter'], command: 'open', scope: 'overview', says: 'open the rollout' },
  { keys: ['p'], command: 'promote', scope: 'rollout', says: 'promote: go on to the next step' },
  { keys: ['s'], command: 'skip', scope: 'rollout', says: 'skip the current step' },
  { keys: ['f'], command: 'full', scope: 'rollout', says: 'promote in full, past all steps' },
  { keys: ['a'], command: 'abort', scope: 'rollout', says: 'abort: all traffic back to stable' },
  { keys: ['r'], command: 'retry', scope: 'rollout', says: 'retry an aborted update' },
  { keys: [' '], command: 'pause', scope: 'rollout', says: 'pause, or let go on' },
  { keys: ['R'], command: 'restart', scope: 'rollout', says: 'restart the pods' },
  { keys: ['u'], command: 'undo', scope: 'rollout', says: 'undo: back to the revision before' },
  { keys: ['i'], command: 'image', scope: 'rollout', says: 'set an image' },
]

export type Pressed = {
  readonly key: string
  readonly ctrl: boolean
  /** In a field that takes text. */
  readonly typing: boolean
  /** On a button, link or the like, which Enter and the blank are for. */
  readonly onControl: boolean
}

/** The command, or undefined where the browser should do what it does. */
export const commandOf = ({ key, ctrl, typing, onControl }: Pressed, scope: Scope): Command | undefined => {
  if (ctrl || (typing && key !== 'Escape')) return undefined
  if (onControl && (key === 'Enter' || key === ' ')) return undefined
  return KEYS.find(one => one.keys.includes(key) && (one.scope === 'everywhere' || one.scope === scope))?.command
}

const NAMES: { readonly [key: string]: string } = { ' ': 'Space', ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc' }

export const nameOfKey = (key: string): string => NAMES[key] ?? key
