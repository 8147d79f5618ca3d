export type Finding = { readonly verdict: 'good' | 'bad' | 'note'; readonly text: string }

export const good = (text: string): Finding => ({ verdict: 'good', text })
/** Exit code 1. */
export const bad = (text: string): Finding => ({ verdict: 'bad', text })
export const note = (text: string): Finding => ({ verdict: 'note', text })
