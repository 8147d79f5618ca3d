/** Reading back what was written. */
import { buffer } from 'node:stream/consumers'
import { extract, type Header } from 'tar-stream'

export type Read = { readonly header: Header; readonly content: Buffer }

/** The entries of a tar archive by name, in their order. */
export const readTar = async (archive: Buffer): Promise<ReadonlyMap<string, Read>> => {
  const entries = new Map<string, Read>()
  const reader = extract()
  reader.end(archive)
  for await (const entry of reader) entries.set(entry.header.name, { header: entry.header, content: await buffer(entry) })
  return entries
}

export const jsonOf = (entries: ReadonlyMap<string, Read>, name: string): unknown => {
  const found = entries.get(name)
  if (found === undefined) throw new Error(`no ${name} in ${[...entries.keys()].join(', ')}`)
  return JSON.parse(found.content.toString())
}
