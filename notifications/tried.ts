/** What comes of one try to tell somebody; undefined: it was accepted. */
export type Tried = { readonly problem: string; readonly isWorthAnother: boolean } | undefined

/** Of what the other side says to a refusal, in characters. */
export const LONGEST_ANSWER = 200
