/** What axe finds wrong in a page: labels, roles, contrast, order of headings and the like. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] }

/** One line for each place; empty when there is nothing to find. */
export const findViolations = async (page: Page): Promise<readonly string[]> => {
  // By the debugger, which the page's Content-Security-Policy does not apply to.
  await page.evaluate(SOURCE)
  const found: readonly Violation[] = await page.evaluate('axe.run().then(result => result.violations)')
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`))
}
