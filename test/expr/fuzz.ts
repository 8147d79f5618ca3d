/** Compares random expressions with the Go library. */
import fc from 'fast-check'
import { ENV } from './environment.ts'
import { expressions } from './generate.ts'
import { ask } from './oracle.ts'
import { type Answer, agree, answer, type Question } from './values.ts'

export type Difference = { readonly question: Question; readonly ours: Answer; readonly go: Answer }
export type Fuzzed = {
  readonly runs: number
  readonly values: number
  readonly errors: number
  readonly differences: readonly Difference[]
}

const ourAnswer = (question: Question): Answer => {
  try {
    return answer(question)
  } catch (error) {
    // Nothing may be thrown: told as a difference, since Go never answers so.
    return { value: `thrown: ${error instanceof Error ? error.stack : String(error)}` }
  }
}

const PORTION = 5000

export const fuzz = (oracle: string, runs: number, seed: number): Fuzzed => {
  const sources = fc.sample(expressions, { numRuns: runs, seed })
  const differences: Difference[] = []
  let values = 0
  for (let at = 0; at < sources.length; at += PORTION) {
    const questions = sources.slice(at, at + PORTION).map(source => ({ source, env: ENV }))
    for (const [i, go] of ask(oracle, questions).entries()) {
      const question = questions[i] as Question
      if (go.value !== undefined) values += 1
      const ours = ourAnswer(question)
      if (!agree(ours, go, /\^|\*\*/.test(question.source))) differences.push({ question, ours, go })
    }
  }
  return { runs, values, errors: runs - values, differences }
}
