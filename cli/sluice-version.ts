/** The version of this program, from package.json. */
import { readFileSync } from 'node:fs'

const read = (): string => {
  const content: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : 'unknown'
}

export const SLUICE_VERSION = read()
