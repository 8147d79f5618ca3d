/** What happened, said once below; and a lost connection, said on top for as long as it is lost. */
import type { VNode } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { type Connection, describeConnection } from '../view/connection.ts'
import { clock } from '../view/format.ts'
import type { Known } from '../view/known.ts'

const SHOWN_MS = 6000

export type Said = { readonly text: string; readonly say: (sentence: string) => void; readonly drop: () => void }

export const useSaid = (): Said => {
  const [said, setSaid] = useState({ text: '', count: 0 })
  const say = useCallback((text: string) => setSaid(({ count }) => ({ text, count: count + 1 })), [])
  const drop = useCallback(() => say(''), [say])
  useEffect(() => {
    if (said.text === '') return
    const timer = setTimeout(drop, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [said, drop])
  return { text: said.text, say, drop }
}

/** A live region has to be there before it says something. */
export const Toast = ({ text, drop }: Omit<Said, 'say'>): VNode => (
  <div class="toast-place" role="status">
    {text !== '' && (
      <p class="toast">
        {text}
        <button type="button" class="icon-button" aria-label="Close this message" onClick={drop}>
          <span aria-hidden="true">×</span>
        </button>
      </p>
    )}
  </div>
)

type BannerProps = {
  readonly connection: Connection
  readonly cut: Known['cut']
  readonly now: number
  readonly tryNow: () => void
}

export const Banner = ({ connection, cut, now, tryNow }: BannerProps): VNode => {
  const lost = describeConnection(connection, now)
  const isLost = connection.state === 'lost'
  return (
    <div class="banner-place">
      {/* The sentence changes every second; a screen reader hears only that it began and ended. */}
      <p class="hidden" role="alert">
        {isLost ? 'Connection lost.' : ''}
      </p>
      {lost !== undefined && (
        <p class="banner">
          <span>{lost}</span>
          <button type="button" class="quiet-button" onClick={tryNow}>
            Try now
          </button>
        </p>
      )}
      {!isLost && cut !== undefined && (
        <p class="banner">
          <span>
            The dashboard cannot reach the cluster since {clock(cut.since)}; what you see is from then. {cut.message}
          </span>
        </p>
      )}
    </div>
  )
}
