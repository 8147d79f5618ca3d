/** YAML that a user wrote into an object: strict, and without the aliases by which a short text becomes an endless object. */
import { parse } from 'yaml'

/** Throws on malformed text; prints nothing. */
export const decodeYaml = (text: string): unknown =>
  parse(text, { maxAliasCount: 0, schema: 'core', strict: true, uniqueKeys: true, logLevel: 'error' })
