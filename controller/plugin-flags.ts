/** The flags `--metric-plugin NAME=ADDRESS` and `--step-plugin NAME=ADDRESS`. Pure. */
import { isHttpUrl } from '../analysis/providers/http.ts'
import { DISABLED } from './user-rollouts/step-plugins.ts'

/** `word`: what may stand in place of an address. */
type Flag = { readonly name: string; readonly example: string; readonly word?: string }

export const METRIC_PLUGIN: Flag = { name: '--metric-plugin', example: 'errors' }
export const STEP_PLUGIN: Flag = { name: '--step-plugin', example: 'load-test', word: DISABLED }

export const readPluginFlags = (
  { name: flagName, example, word }: Flag,
  flags: readonly string[],
): { readonly addresses: ReadonlyMap<string, string> } | { readonly problem: string } => {
  const examples = `e.g. ${flagName} acme/${example}=http://plugin.ops:8080/ or ${flagName} acme/${example}=exec:/plugins/${example}`
  const isAddress = (address: string) => isHttpUrl(address) || /^exec:\/./.test(address) || address === word
  const addresses = new Map<string, string>()
  for (const flag of flags) {
    const [, name = '', address = ''] = /^([^=]*)=(.*)$/s.exec(flag) ?? []
    const why = (rule: string) => ({ problem: `${flagName}: ${JSON.stringify(flag)} ${rule}, ${examples}` })
    if (!/^[A-Za-z0-9.-]+\/[A-Za-z0-9._-]+$/.test(name)) return why('must begin with a name of the form ORGANISATION/NAME and =')
    if (name.startsWith('sluice/')) return why('has a name that is kept for Sluice itself')
    if (!isAddress(address))
      return why(`must end with a URL, or exec: and the path of a program${word === undefined ? '' : `, or ${word}`}`)
    if (addresses.has(name)) return why('names a plugin that was named before')
    addresses.set(name, address)
  }
  return { addresses }
}
