/**
 * Extracts one entry of a zip archive to an executable file.
 *   node unzip.ts ARCHIVE ENTRY TARGET
 * Reads what such archives hold: stored and deflated entries, found by the central directory (APPNOTE.TXT 4.3). No zip64, no encryption.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { crc32, inflateRawSync } from 'node:zlib'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const LOCAL_ENTRY = 0x04034b50
const END_SIZE = 22
const MAX_COMMENT = 0xffff

const findEnd = (zip: Buffer): number => {
  for (let at = zip.length - END_SIZE; at >= Math.max(0, zip.length - END_SIZE - MAX_COMMENT); at -= 1) {
    if (zip.readUInt32LE(at) === END_OF_DIRECTORY) return at
  }
  throw new Error('not a zip archive: it has no end-of-directory record')
}

type Entry = {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  readonly offset: number
}

const readDirectory = (zip: Buffer): readonly Entry[] => {
  const end = findEnd(zip)
  const count = zip.readUInt16LE(end + 10)
  const entries: Entry[] = []
  let at = zip.readUInt32LE(end + 16)
  for (let index = 0; index < count; index += 1) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY)
      throw new Error(`not a zip archive that can be read: no directory entry at byte ${at}`)
    const nameLength = zip.readUInt16LE(at + 28)
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      crc: zip.readUInt32LE(at + 16),
      compressedSize: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      offset: zip.readUInt32LE(at + 42),
    })
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return entries
}

const inflate = (entry: Entry, data: Buffer): Buffer => {
  if (entry.method === 0) return data
  if (entry.method === 8) return inflateRawSync(data)
  throw new Error(`${entry.name}: compression method ${entry.method} is not known; 0 (stored) and 8 (deflated) are`)
}

/** The contents of one entry, checked against its size and CRC; throws when there is no such entry. */
export const readEntry = (zip: Buffer, name: string): Buffer => {
  const entries = readDirectory(zip)
  const entry = entries.find(one => one.name === name)
  if (!entry)
    throw new Error(`the archive has no entry ${JSON.stringify(name)}; it has ${entries.map(one => one.name).join(', ')}`)
  if (zip.readUInt32LE(entry.offset) !== LOCAL_ENTRY) throw new Error(`${name}: no entry at byte ${entry.offset}`)
  const start = entry.offset + 30 + zip.readUInt16LE(entry.offset + 26) + zip.readUInt16LE(entry.offset + 28)
  const contents = inflate(entry, zip.subarray(start, start + entry.compressedSize))
  if (contents.length !== entry.size || crc32(contents) !== entry.crc) throw new Error(`${name}: the archive is damaged`)
  return contents
}

const main = async ([archive, entry, target]: readonly string[]): Promise<void> => {
  if (!archive || !entry || !target) throw new Error('usage: node unzip.ts ARCHIVE ENTRY TARGET')
  const contents = readEntry(await readFile(archive), entry)
  // Nobody sees half a file, even when two processes do this at once.
  const unfinished = `${target}.${process.pid}`
  await writeFile(unfinished, contents, { mode: 0o755 })
  await rename(unfinished, target)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2))
