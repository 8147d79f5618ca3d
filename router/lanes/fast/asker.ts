/** What an exchange is given, and whom it tells. */
import type { FastChoice } from './choice.ts'

export type Request = {
  readonly choice: FastChoice
  /** The head as it goes to the pod; it stays as it is until the request is over. A small body may stand behind it. */
  readonly head: Buffer
  /** Length of that. */
  readonly bodyBytes: number
  readonly hasBody: boolean
  readonly isHead: boolean
  readonly isIdempotent: boolean
}

/** The client's side of an exchange. */
export type Asker = {
  /** All of the request has been read. */
  readonly isRead: () => boolean
  /** The client wants to leave after this answer. */
  readonly leaves: () => boolean
  /**
   * The pod is there: what has come of the body, to be sent right behind the head. It is only there for the call. Undefined when it breaks
   * the rules: then all is over.
   */
  readonly firstPiece: () => Buffer | undefined
  /** That, and the head, has been sent. `goesOn`: the pod is not behind. */
  readonly onBegun: (goesOn: boolean) => void
  /** The pod takes more of the body. */
  readonly onDrain: () => void
  /** The pod takes no more of the body, ever. */
  readonly onDeaf: () => void
  /** The answer is with the client, whole. `close`: the connection ends with it. */
  readonly onAnswered: (close: boolean) => void
}
