/** Which Deployment or Rollout is meant: `web`, `deployment/web` and `rollout/web` are the same, both have one name. */
import { CliError } from './command.ts'

const KINDS: readonly string[] = [
  'deployment',
  'deployments',
  'deploy',
  'deployment.apps',
  'deployments.apps',
  'rollout',
  'rollouts',
  'ro',
  'rollout.argoproj.io',
  'rollouts.argoproj.io',
]
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

/** `rollout web` is `rollout/web`, as in Argo Rollouts' own command line. */
export const joinKinds = (words: readonly string[]): readonly string[] => {
  const [first, second, ...rest] = words
  if (first === undefined) return []
  if (second === undefined || !KINDS.includes(first.toLowerCase())) return [first, ...joinKinds(words.slice(1))]
  return [`${first}/${second}`, ...joinKinds(rest)]
}

export const parseTarget = (text: string): string => {
  const slash = text.indexOf('/')
  const kind = slash < 0 ? 'deployment' : text.slice(0, slash)
  const name = text.slice(slash + 1)
  if (!KINDS.includes(kind.toLowerCase()))
    throw new CliError(
      `${JSON.stringify(text)} is no Deployment or Rollout; write NAME, deployment/NAME or rollout/NAME, e.g. deployment/web`,
    )
  if (!NAME.test(name))
    throw new CliError(`${JSON.stringify(text)} names nothing; write NAME or deployment/NAME, e.g. deployment/web`)
  return name
}
