/** The page where it belongs: in the single-file executable of the command line within it, everywhere else in the folder beside this file. */
import { join } from 'node:path'
import { getAsset, isSea } from 'node:sea'
import { type Pages, readPages } from './http/pages.ts'

/** The asset of the executable that has the page: names and base64 of the files as JSON, as tools/plugin/executable.ts writes it. */
export const PAGE_ASSET = 'page.json'

/** Empty where the page is not built. */
export const builtPage = (): Pages => {
  if (!isSea()) return readPages(join(import.meta.dirname, 'ui', 'dist'))
  const files: { readonly [name: string]: string } = JSON.parse(getAsset(PAGE_ASSET, 'utf8'))
  return new Map(Object.entries(files).map(([name, content]) => [`/${name}`, Buffer.from(content, 'base64')]))
}
