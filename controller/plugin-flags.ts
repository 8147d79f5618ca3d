/** The flags `--metric-plugin NAME=ADDRESS`. Pure. */
import { isHttpUrl } from '../analysis/providers/http.ts'

const EXAMPLE = 'e.g. --metric-plugin acme/errors=http://plugin.ops:8080/ or --metric-plugin acme/errors=exec:/plugins/errors'

export const readPluginFlags = (
  flags: readonly string[],
): { readonly addresses: ReadonlyMap<string, string> } | { readonly problem: string } => {
  const addresses = new Map<string, string>()
  for (const flag of flags) {
    const [, name = '', address = ''] = /^([^=]*)=(.*)$/s.exec(flag) ?? []
    const why = (rule: string) => ({ problem: `--metric-plugin: ${JSON.stringify(flag)} ${rule}, ${EXAMPLE}` })
    if (!/^[A-Za-z0-9.-]+\/[A-Za-z0-9._-]+$/.test(name)) return why('must begin with a name of the form ORGANISATION/NAME and =')
    if (name.startsWith('sluice/')) return why('has a name that is kept for Sluice itself')
    if (!isHttpUrl(address) && !/^exec:\/./.test(address)) return why('must end with a URL, or exec: and the path of a program')
    if (addresses.has(name)) return why('names a plugin that was named before')
    addresses.set(name, address)
  }
  return { addresses }
}
