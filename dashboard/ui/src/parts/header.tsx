/** The bar on top: where one is, whether what one sees is live, who one is. */
import type { VNode } from 'preact'
import type { SessionAnswer } from '../../../contract.ts'
import type { Theme } from '../hooks.ts'
import type { Connection } from '../view/connection.ts'
import { writePlace } from '../view/place.ts'

type HeaderProps = {
  readonly session: SessionAnswer | undefined
  readonly connection: Connection | undefined
  readonly theme: Theme
  readonly nextTheme: () => void
  readonly help: () => void
  readonly signOut: () => void
}

const THEME_LOOKS: { readonly [theme in Theme]: readonly [icon: string, says: string] } = {
  system: ['◐', 'as the machine has it'],
  light: ['☀', 'light'],
  dark: ['☾', 'dark'],
}

const WORDS: { readonly [state in Connection['state']]: string } = { connecting: 'Connecting', live: 'Live', lost: 'Lost' }

export const Header = ({ session, connection, theme, nextTheme, help, signOut }: HeaderProps): VNode => {
  const [icon, says] = THEME_LOOKS[theme]
  return (
    <header class="bar">
      <a class="brand" href="#/">
        <img src="icon.svg" alt="" width="28" height="28" />
        <span class="brand-name">Sluice</span>
      </a>
      {session?.signedIn === true && (
        <a class="bar-link" href={writePlace({ screen: 'runs' })}>
          Experiments
        </a>
      )}
      {session?.cluster !== undefined && (
        <span class="bar-cluster mono" title={`API server ${session.cluster}`}>
          {session.cluster.replace(/^https?:\/\//, '')}
        </span>
      )}
      <span class="bar-space" />
      {connection !== undefined && <span class={`live live-${connection.state}`}>{WORDS[connection.state]}</span>}
      {session?.signedIn === true && session.user !== undefined && <span class="bar-user">{session.user}</span>}
      {session?.signedIn === true && session.login === 'token' && (
        <button type="button" class="quiet-button" onClick={signOut}>
          Sign out
        </button>
      )}
      <button type="button" class="icon-button" aria-label={`Theme: ${says}`} title={`Theme: ${says}`} onClick={nextTheme}>
        <span aria-hidden="true">{icon}</span>
      </button>
      <button type="button" class="icon-button" aria-label="Keys" title="Keys" onClick={help}>
        <span aria-hidden="true">?</span>
      </button>
    </header>
  )
}
