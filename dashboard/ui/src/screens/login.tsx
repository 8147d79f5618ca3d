/** Signing in: by a token, where that is how it is done; else what to do. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { SessionAnswer } from '../../../contract.ts'
import { signIn } from '../requests.ts'

type LoginProps = {
  readonly session: SessionAnswer
  readonly notice: string
  readonly signedIn: (session: SessionAnswer) => void
}

const TokenForm = ({ signedIn }: Pick<LoginProps, 'signedIn'>): VNode => {
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const send = async (token: string): Promise<void> => {
    setBusy(true)
    const answer = await signIn(token)
    setBusy(false)
    if ('ok' in answer && answer.ok.signedIn) return signedIn(answer.ok)
    setProblem('ok' in answer ? 'The token was not taken.' : answer.problem.message)
    field.current?.focus()
  }
  return (
    <form
      class="login-form"
      onSubmit={event => {
        event.preventDefault()
        const token = field.current?.value.trim() ?? ''
        if (token === '') setProblem('A token is missing.')
        else void send(token)
      }}
    >
      <label class="field">
        Bearer token
        <input
          ref={field}
          type="password"
          name="token"
          autocomplete="off"
          spellcheck={false}
          aria-invalid={problem !== ''}
          aria-describedby="login-problem"
        />
      </label>
      <p id="login-problem" class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="button button-main" disabled={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </button>
      <p class="soft login-hint">
        You see and do here what your token may see and do in the cluster. To get one:{' '}
        <code>kubectl create token NAME -n NAMESPACE</code>
      </p>
    </form>
  )
}

export const Login = ({ session, notice, signedIn }: LoginProps): VNode => (
  <main class="login" id="main">
    <div class="login-card">
      <img src="icon.svg" alt="" width="56" height="56" />
      <h1>Sign in to Sluice</h1>
      {notice !== '' && (
        <p class="login-notice" role="status">
          {notice}
        </p>
      )}
      {session.login === 'token' ? (
        <TokenForm signedIn={signedIn} />
      ) : (
        <p>{session.hint ?? 'Signing in is not done here; open the dashboard in the way that you were told.'}</p>
      )}
    </div>
  </main>
)
