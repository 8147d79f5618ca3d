/**
 * Regular expressions whose time grows with the length of the text and no faster, whoever chose the text: a set of states is
 * walked through it once (Thompson 1968), nothing is ever tried again. Pure. The syntax is what RE2 and JavaScript share:
 * literals, `.`, classes, `\d \w \s` and their opposites, groups, `|`, `* + ? {n,m}` (a `?` after them changes nothing here),
 * `^ $`, and `(?i)` in front. The whole text must match, as in Istio.
 */
import { type Node, parseRegex, type Repeat, type Test } from './parse.ts'

/** States of the largest expression that is accepted, after `{n,m}` has been written out. */
const MAX_STATES = 1_000
/** A longer text does not match. Headers and paths that are compared with an expression are far shorter. */
const MAX_TEXT = 4_096

export type LinearRegex = { readonly matches: (text: string) => boolean }

/** The compiled expression, or what is wrong with it. */
export const compileLinear = (source: string): LinearRegex | { readonly problem: string } => {
  try {
    const states = assemble(parseRegex(source))
    return { matches: text => text.length <= MAX_TEXT && run(states, text) }
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error.message }
    throw error
  }
}

/** `next` and `other` are indices of states; a state without a test is passed through. */
type State = {
  readonly kind: 'one' | 'pass' | 'start' | 'end' | 'accept'
  readonly test?: Test
  readonly next: number
  readonly other?: number
}

/**
 * States from the last to the first: what follows is known when a state is made. The first to be entered is the last of the
 * list.
 */
const assemble = (node: Node): readonly State[] => {
  const states: State[] = [{ kind: 'accept', next: -1 }]
  const add = (state: State): number => {
    if (states.length >= MAX_STATES) throw new SyntaxError(`is too large: more than ${MAX_STATES} states`)
    return states.push(state) - 1
  }
  const build = (part: Node, next: number): number => {
    switch (part.kind) {
      case 'one':
        return add({ kind: 'one', test: part.test, next })
      case 'all':
        return part.parts.reduceRight((after, one) => build(one, after), next)
      case 'any':
        return part.choices.map(choice => build(choice, next)).reduce((other, one) => add({ kind: 'pass', next: one, other }))
      case 'repeat':
        return buildRepeat(part, next)
      default:
        return add({ kind: part.kind, next })
    }
  }
  const buildRepeat = ({ of, min, max }: Repeat, next: number): number => {
    let entry = next
    if (max === Number.POSITIVE_INFINITY) {
      entry = add({ kind: 'pass', next: -1, other: next })
      states[entry] = { kind: 'pass', next: build(of, entry), other: next }
    } else {
      for (let i = min; i < max; i++) entry = add({ kind: 'pass', next: build(of, entry), other: next })
    }
    for (let i = 0; i < min; i++) entry = build(of, entry)
    return entry
  }
  add({ kind: 'pass', next: build(node, 0) })
  return states
}

/** Walks all states at once: each character is looked at once for each state at most. */
const run = (states: readonly State[], text: string): boolean => {
  const walk = { end: text.length, enteredAt: new Int32Array(states.length).fill(-1) }
  let current = enter(states, states.length - 1, { ...walk, at: 0 }, [])
  for (let at = 0; at < text.length && current.length > 0; at++) {
    const code = text.charCodeAt(at)
    const step = { ...walk, at: at + 1 }
    const following: number[] = []
    for (const index of current) {
      const state = states[index]
      if (state?.test?.(code)) enter(states, state.next, step, following)
    }
    current = following
  }
  return current.some(index => states[index]?.kind === 'accept')
}

type Walk = { readonly at: number; readonly end: number; readonly enteredAt: Int32Array }

/** Adds the states that `first` leads to without a character to `into`, each once for each place in the text. */
const enter = (states: readonly State[], first: number, { at, end, enteredAt }: Walk, into: number[]): number[] => {
  const waiting = [first]
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const state = states[index]
    if (!state || enteredAt[index] === at) continue
    enteredAt[index] = at
    if (state.kind === 'one' || state.kind === 'accept') into.push(index)
    else if (isPassed(state, at, end)) waiting.push(state.next, ...(state.other === undefined ? [] : [state.other]))
  }
  return into
}

const isPassed = ({ kind }: State, at: number, end: number): boolean =>
  kind === 'pass' || (kind === 'start' && at === 0) || (kind === 'end' && at === end)
