/** YAML texts, by how far whoever wrote them is trusted. */
import { parse } from 'yaml'

/** What a user wrote into an object: strict, and without the aliases by which a short text becomes an endless object. Throws on malformed text; prints nothing. */
export const decodeYaml = (text: string): unknown =>
  parse(text, { maxAliasCount: 0, schema: 'core', strict: true, uniqueKeys: true, logLevel: 'error' })

/** A file of whoever runs this process, such as a kubeconfig. Throws on malformed text. */
export const decodeOwnYaml = (text: string): unknown => parse(text)
