/** Who one is, and everything that the stream tells. */
import { useCallback, useEffect, useReducer, useRef, useState } from 'preact/hooks'
import type { SessionAnswer, StreamEvent } from '../../contract.ts'
import { signOut as askToSignOut, getSession, streamAddress } from './requests.ts'
import { type OpenStream, openStream } from './stream.ts'
import type { Connection } from './view/connection.ts'
import { forgetRollout, type Known, learn, NOTHING_KNOWN } from './view/known.ts'

export type Session = {
  readonly session: SessionAnswer | undefined
  /** Why the session could not be asked for, or why one has to sign in again. */
  readonly notice: string
  readonly signedIn: (session: SessionAnswer) => void
  readonly signedOut: (notice: string) => void
  readonly signOut: () => void
}

export const useSession = (): Session => {
  const [session, setSession] = useState<SessionAnswer | undefined>(undefined)
  const [notice, setNotice] = useState('')
  const signedIn = useCallback((next: SessionAnswer) => {
    setNotice('')
    setSession(next)
  }, [])
  const signedOut = useCallback((why: string) => {
    setNotice(why)
    setSession(before => before && { ...before, signedIn: false })
  }, [])
  const signOut = useCallback(() => {
    void askToSignOut().then(answer => ('ok' in answer ? setSession(answer.ok) : setNotice(answer.problem.message)))
  }, [])
  useEffect(() => {
    let wanted = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (): Promise<void> => {
      const answer = await getSession()
      if (!wanted) return
      if ('ok' in answer) return signedIn(answer.ok)
      setNotice(answer.problem.message)
      timer = setTimeout(() => void ask(), 3000)
    }
    void ask()
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [signedIn])
  return { session, notice, signedIn, signedOut, signOut }
}

type Change = { readonly event: StreamEvent; readonly asked: string | undefined } | 'forget'

const reduce = (known: Known, change: Change): Known =>
  change === 'forget' ? forgetRollout(known) : learn(known, change.event, change.asked, Date.now())

export type Live = {
  readonly known: Known
  readonly connection: Connection
  readonly tryNow: () => void
}

/** One stream; another one when another rollout is looked at. `asked` is undefined on the overview, `on` is false while signed out. */
export const useLive = (on: boolean, asked: string | undefined, signedOut: (notice: string) => void): Live => {
  const [known, change] = useReducer(reduce, NOTHING_KNOWN)
  const [connection, setConnection] = useState<Connection>({ state: 'connecting' })
  const stream = useRef<OpenStream | undefined>(undefined)
  useEffect(() => {
    if (!on) return
    const opened = openStream(streamAddress(asked), {
      onEvent: event => {
        if (event.type === 'signed-out') signedOut(event.message)
        else change({ event, asked })
      },
      onConnection: setConnection,
      onSignedOut: () => signedOut('The session has ended; sign in again.'),
    })
    stream.current = opened
    return () => {
      opened.close()
      change('forget')
    }
  }, [on, asked, signedOut])
  const tryNow = useCallback(() => stream.current?.tryNow(), [])
  return { known, connection, tryNow }
}
