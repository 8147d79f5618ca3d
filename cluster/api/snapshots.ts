/** The rest of lists that are read in pages, as they were when the first page was read. */
import type { ListSnapshots } from './api.ts'
import type { Stored } from './store.ts'

const KEPT = 64

/** Keeps the newest 64; an older token is answered with 410. */
export const makeSnapshots = (): ListSnapshots => {
  const kept = new Map<string, { readonly revision: number; readonly items: readonly Stored[] }>()
  let count = 0
  return {
    keep: (revision, items) => {
      count += 1
      const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, page: count })).toString('base64url')
      kept.set(token, { revision, items })
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break
        kept.delete(oldest)
      }
      return token
    },
    take: token => kept.get(token),
    clear: () => kept.clear(),
  }
}
