import type { FrameInput } from './frame.ts'
import type { Judged } from './judge.ts'

/** A held Deployment before it is decided where to: everything that is known. */
export type Situation = Omit<FrameInput, 'goal' | 'progress'> & { readonly judged: Judged }
