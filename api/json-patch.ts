/** JSON patches (RFC 6902) as data: what the webhook answers and what the controller sends. */

export type JsonPatchOp = { readonly op: 'add' | 'remove' | 'replace' | 'test'; readonly path: string; readonly value?: unknown }

/** A JSON pointer (RFC 6901) from its unescaped parts, e.g. `pointer('metadata', 'annotations', 'sluice.dev/saved')`. */
export const pointer = (...parts: readonly (string | number)[]): string =>
  parts.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
