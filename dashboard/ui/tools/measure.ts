/**
 * Prints how soon the page shows something, and how long it keeps the browser busy with 1,000 rollouts that change, on canned data.
 *   node dashboard/ui/tools/measure.ts
 */
import type { Page } from 'playwright-core'
import { openPage, startBrowser, whyNoBrowser } from '../testing/page.ts'

const ROLLOUTS = 1000
const SCROLLS = 60

/** Tasks of 50 ms and more, as the browser counts them. */
const WATCH = `window.longTasks = []; new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(one => Math.round(one.duration)))).observe({ type: 'longtask', buffered: true })`

const describe = (tasks: readonly number[]): string =>
  tasks.length === 0 ? 'no long task (50 ms)' : `${tasks.length} long tasks, the longest ${Math.max(...tasks)} ms`

/** What was noted since the last time. */
const longTasks = (page: Page): Promise<readonly number[]> => page.evaluate('window.longTasks.splice(0)')

const why = whyNoBrowser()
if (why !== undefined) console.log(`not measured: ${why}`)
else {
  const browser = await startBrowser()
  const settings = {
    server: { atRest: ROLLOUTS, now: Date.now },
    clockRuns: true,
    context: { reducedMotion: 'no-preference' },
  } as const
  const { page, close } = await openPage(browser, settings)
  await page.addInitScript(WATCH)
  const shownAfter = async (hash: string, selector: string): Promise<number> => {
    await page.goto('about:blank')
    const began = performance.now()
    await page.goto(`${address}${hash}`, { waitUntil: 'commit' })
    await page.locator(selector).first().waitFor()
    return Math.round(performance.now() - began)
  }
  const address = page.url().split('#')[0] ?? ''
  console.log(`first live number of a rollout after ${await shownAfter('#/shop/web', '.figures dd')} ms`)
  await page.waitForTimeout(5000)
  console.log(`a rollout, live for 5 s: ${describe(await longTasks(page))}`)
  console.log(`${ROLLOUTS} rollouts shown after ${await shownAfter('', '.row')} ms: ${describe(await longTasks(page))}`)
  for (let turn = 0; turn < SCROLLS; turn += 1) {
    await page.mouse.wheel(0, 900)
    await page.waitForTimeout(16)
  }
  console.log(`${SCROLLS} screens scrolled through: ${describe(await longTasks(page))}`)
  await page.keyboard.press('/')
  await page.keyboard.type('ns:team-7 !service-1')
  await page.getByText(/of \d+ rollouts/).waitFor()
  console.log(`searched: ${describe(await longTasks(page))}`)
  await close()
  await browser.close()
}
