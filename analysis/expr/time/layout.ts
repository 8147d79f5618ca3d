/** Go's layouts: a text in which 2006 stands for the year, Jan for the month and so on. Pure. */

export type Chunk = { readonly std?: string; readonly literal?: string }

/** Longest first where one begins another. */
const STANDARD =
  /January|Jan|Monday|Mon|MST|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07|002|01|02|03|04|05|06|2006|__2|_2006|_2|15|PM|pm|[.,](?:0+|9+)(?![0-9])|[12345]/g

/** A word that goes on in lower case is no month or day. */
const isWord = (std: string, next: string | undefined): boolean =>
  (std === 'Jan' || std === 'Mon') && next !== undefined && /[a-z]/.test(next)

const nameOf = (std: string): string => (/^[.,]/.test(std) ? 'fraction' : std)

export const chunksOf = (layout: string): readonly (Chunk & { readonly text: string; readonly kind: string })[] => {
  const chunks: (Chunk & { readonly text: string; readonly kind: string })[] = []
  let at = 0
  for (const match of layout.matchAll(STANDARD)) {
    let [std] = match
    let start = match.index
    if (isWord(std, layout[start + std.length])) continue
    if (std === '_2006') {
      std = '2006'
      start += 1
    }
    if (start > at) chunks.push({ kind: 'literal', text: layout.slice(at, start) })
    chunks.push({ kind: nameOf(std), text: std })
    at = start + std.length
  }
  if (at < layout.length) chunks.push({ kind: 'literal', text: layout.slice(at) })
  return chunks
}

export const MONTHS = 'January February March April May June July August September October November December'.split(' ')
export const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
