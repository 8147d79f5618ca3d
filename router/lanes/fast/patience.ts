/** How long a client's connection may stay as it is. Pure. */
import type { Limits } from '../../limits.ts'
import { LINGER_MS } from '../last-answer.ts'

/** `asking`: between requests, or in a head. `busy`: a request is under way. `leaving`: the last answer has been given. */
export type State = 'asking' | 'busy' | 'leaving' | 'gone'

export type Standing = {
  readonly state: State
  /** A part of a head has come. */
  readonly inHead: boolean
  /** The client has to send more of a body, and it is not the pod that holds it back. */
  readonly owesBody: boolean
  /** What was written has not left yet. */
  readonly isBehind: boolean
}

/** In ms; answers may take as long as they like. */
export const patience = (limits: Limits, { state, inHead, owesBody, isBehind }: Standing): number => {
  if (state === 'asking') return inHead ? limits.headTimeoutMs : limits.keepAliveMs
  if (state === 'leaving') return isBehind ? Number.POSITIVE_INFINITY : LINGER_MS
  return owesBody ? limits.bodyStallMs : Number.POSITIVE_INFINITY
}
