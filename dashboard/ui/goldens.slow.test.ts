/**
 * Pictures of the screens beside those that were looked at and found good.
 *   node dashboard/ui/goldens.slow.test.ts --update    takes the present ones as good; look at them first
 * Fonts come from the machine: where they are others than those of the kept pictures, the comparison is skipped and says so.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { differenceOf } from './testing/compare.ts'
import { DESKTOP, openPage, type PageOptions, PHONE, startBrowser, whyNoBrowser } from './testing/page.ts'

const GOLDEN = join(import.meta.dirname, 'golden')
const FONTS = join(GOLDEN, 'fonts.json')
const UPDATE = process.argv.includes('--update')
/** Share of pixels that may differ. */
const TOLERANCE = 0.01
/** With what is below the window; the others repeat it. */
const WHOLE = ['rollout-light', 'rollout-phone']

const skip = whyNoBrowser()
let browser: Browser
let blank: Page
let fonts: number

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  blank = await browser.newPage()
  await blank.setContent('<span style="font: 100px system-ui, -apple-system, sans-serif">Sluice 0123456789</span>')
  fonts = await blank.locator('span').evaluate(one => one.getBoundingClientRect().width)
  mkdirSync(GOLDEN, { recursive: true })
  if (UPDATE) writeFileSync(FONTS, `{ "width": ${fonts} }\n`)
})
after(() => browser?.close())

const overview = (page: Page) => page.locator('.row').first().waitFor()
const rollout = async (page: Page): Promise<void> => {
  await page.locator('.figures dd').first().waitFor()
  await page.getByRole('button', { name: 'Undo to 1' }).waitFor()
  await page.locator('.plot canvas').nth(3).waitFor()
}
const dialog = async (page: Page): Promise<void> => {
  await rollout(page)
  await page.getByRole('button', { name: 'Abort' }).click()
  await page.getByRole('dialog').getByText('all traffic goes back').waitFor()
}

const PICTURES: readonly (readonly [name: string, options: PageOptions, ready: (page: Page) => Promise<void>])[] = [
  ['overview-light', { context: { viewport: DESKTOP, colorScheme: 'light' } }, overview],
  ['overview-dark', { context: { viewport: DESKTOP, colorScheme: 'dark' } }, overview],
  ['overview-phone', { context: { viewport: PHONE } }, overview],
  ['rollout-light', { at: '#/shop/web', context: { viewport: DESKTOP, colorScheme: 'light' } }, rollout],
  ['rollout-dark', { at: '#/shop/web', context: { viewport: DESKTOP, colorScheme: 'dark' } }, rollout],
  ['rollout-phone', { at: '#/shop/web', context: { viewport: PHONE } }, rollout],
  [
    'blue-green',
    { at: '#/payments/invoices', context: { viewport: DESKTOP } },
    page => page.getByRole('button', { name: 'Undo to 1' }).waitFor(),
  ],
  ['experiments', { at: '#/~experiments', context: { viewport: DESKTOP } }, page => page.locator('.runs').waitFor()],
  [
    'experiment',
    { at: '#/~experiment/shop/search-ranking', context: { viewport: DESKTOP } },
    page => page.locator('.check .plot canvas').waitFor(),
  ],
  ['dialog', { at: '#/shop/web', context: { viewport: DESKTOP } }, dialog],
  ['sign-in', { server: { signedIn: false } }, page => page.getByLabel('Bearer token').waitFor()],
]

for (const [name, options, ready] of PICTURES)
  test(`${name} looks as it did when it was found good`, { skip }, async context => {
    const kept: { readonly width: number } = existsSync(FONTS) ? JSON.parse(readFileSync(FONTS, 'utf8')) : { width: 0 }
    if (kept.width !== fonts) return context.skip('this machine has other fonts than the kept pictures')
    const { page, close } = await openPage(browser, options)
    try {
      await ready(page)
      const picture = await page.screenshot({ fullPage: WHOLE.includes(name), animations: 'disabled', caret: 'hide' })
      const file = join(GOLDEN, `${name}.png`)
      if (UPDATE) writeFileSync(file, picture)
      const difference = await differenceOf(blank, readFileSync(file), picture)
      if (difference > TOLERANCE) writeFileSync(join(import.meta.dirname, 'dist', `${name}.png`), picture)
      assert.ok(
        difference <= TOLERANCE,
        `${(difference * 100).toFixed(1)}% of the pixels differ; the new picture is dashboard/ui/dist/${name}.png, and if it is good: node dashboard/ui/goldens.slow.test.ts --update`,
      )
    } finally {
      await close()
    }
  })
