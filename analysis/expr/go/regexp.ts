/** Regular expressions of Go's regexp package: RE2's, which take linear time whatever the pattern. The only file that imports re2js. */
import { RE2JS } from 're2js'

export type Pattern = (subject: string | Uint8Array) => boolean

/** A pattern, found anywhere in a text or in bytes; or what is wrong with it. */
export const compilePattern = (pattern: string): Pattern | { readonly problem: string } => {
  if (!pattern.isWellFormed()) return { problem: 'error parsing regexp: invalid UTF-8' }
  try {
    const compiled = RE2JS.compile(pattern)
    return subject => compiled.test(subject)
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
