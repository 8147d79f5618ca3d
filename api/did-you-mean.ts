/** Suggestions for mistyped words. */

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other: the optimal string alignment distance. */
const distance = (a: string, b: string): number => {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1), swap))
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The allowed word that `word` was probably meant to be: at most a third of its letters are wrong. */
export const nearest = (word: string, allowed: readonly string[]): string | undefined => {
  const ranked = allowed.map(candidate => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
  ranked.sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best && best.edits <= Math.max(1, Math.floor(Math.max(word.length, best.candidate.length) / 3))
    ? best.candidate
    : undefined
}

/** `; did you mean "steps"?`, or nothing. */
export const didYouMean = (word: string, allowed: readonly string[]): string => {
  const best = nearest(word, allowed)
  return best === undefined ? '' : `; did you mean ${JSON.stringify(best)}?`
}
