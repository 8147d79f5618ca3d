/** A whole collection, read page by page. */
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient, List, ListOptions, Resource } from './client.ts'
import { isGone } from './errors.ts'

/**
 * `options.limit` is the page size. All pages are of one moment, whose version the result carries. When the server forgets that moment
 * between two pages, the whole is read again without pages, as client-go's pager does.
 */
export const listAll = async <T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  options: ListOptions,
): Promise<List<T>> => {
  const { limit, ...unpaged } = options
  let page = await client.list<T>(resource, options)
  const items = [...page.items]
  while (page.metadata.continue !== undefined) {
    options.signal?.throwIfAborted()
    try {
      page = await client.list<T>(resource, { ...options, continue: page.metadata.continue })
    } catch (error) {
      if (isGone(error)) return client.list<T>(resource, unpaged)
      throw error
    }
    items.push(...page.items)
  }
  return { metadata: { resourceVersion: page.metadata.resourceVersion }, items }
}
