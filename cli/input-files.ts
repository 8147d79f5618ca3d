/** Manifests that a command reads: files, folders of them, and standard input. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError, type InputFile, type ReadInput } from './command.ts'

const isManifest = (name: string): boolean => /\.(ya?ml|json)$/.test(name)

const filesBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && isManifest(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

const readText = async (name: string): Promise<InputFile> => ({ name, text: await readFile(name, 'utf8') })

/** Reads `-`, a file, or every .yaml, .yml and .json below a folder. Throws CliError for what is not there. */
export const inputReader =
  (readStdin: () => Promise<string>): ReadInput =>
  async path => {
    if (path === '-') return [{ name: '-', text: await readStdin() }]
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) throw new CliError(`${path}: no such file or folder; - reads standard input`)
    if (!found.isDirectory()) return [await readText(path)]
    const names = await filesBelow(path)
    if (names.length === 0) throw new CliError(`${path}: has no .yaml, .yml or .json file`)
    return Promise.all(names.map(readText))
  }
