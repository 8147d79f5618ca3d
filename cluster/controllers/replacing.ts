/** A merge patch that leaves exactly `after` where `before` was: members that are gone become null. Objects inside are replaced member by member, too. */
export function replacing(before: object | undefined, after: object): { readonly [member: string]: unknown } {
  const gone = Object.keys(before ?? {}).filter(member => !(member in after))
  return { ...Object.fromEntries(gone.map(member => [member, null])), ...after }
}
