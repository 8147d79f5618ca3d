/** Everything by the keyboard alone, in a real browser. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openPage, type PageOptions, startBrowser, whyNoBrowser } from './testing/page.ts'

const skip = whyNoBrowser()
let browser: Browser
before(async () => {
  if (skip === undefined) browser = await startBrowser()
})
after(() => browser?.close())

const on = async (options: PageOptions, look: (page: Page) => Promise<void>): Promise<void> => {
  const { page, errors, close } = await openPage(browser, options)
  try {
    await look(page)
    assert.deepEqual(errors, [])
  } finally {
    await close()
  }
}

/** Waits until the link to it has the focus. */
const focusOn = (page: Page, href: string) =>
  page.waitForFunction(one => document.activeElement?.getAttribute('href') === one, href)

test('from the list into a rollout, an action, out of its dialog and back, without a mouse', { skip }, () =>
  on({}, async page => {
    await page.locator('.row').first().waitFor()
    await page.keyboard.press('j')
    await focusOn(page, '#/shop/web')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await focusOn(page, '#/payments/invoices')
    await page.keyboard.press('k')
    await page.keyboard.press('k')
    await focusOn(page, '#/shop/web')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'web shop' }).waitFor()
    await page.waitForFunction(() => document.activeElement?.id === 'main')
    await page.getByRole('button', { name: 'Promote', exact: true }).waitFor()
    await page.keyboard.press('p')
    const dialog = page.getByRole('dialog', { name: 'Promote: web' })
    await dialog.getByText('goes on to its next step').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await page.keyboard.press('g')
    await page.getByRole('searchbox').waitFor()
  }),
)

test('the end of a list of hundreds is one key away, and its row has the focus', { skip }, () =>
  on({ server: { atRest: 300 } }, async page => {
    await page.locator('.row').first().waitFor()
    await page.keyboard.press('End')
    await page.waitForFunction(() => document.activeElement?.closest('li')?.getAttribute('aria-posinset') === '304')
    await page.keyboard.press('k')
    await page.waitForFunction(() => document.activeElement?.closest('li')?.getAttribute('aria-posinset') === '303')
    await page.keyboard.press('Home')
    await page.waitForFunction(() => document.activeElement?.closest('li')?.getAttribute('aria-posinset') === '1')
  }),
)

test('the search field takes letters as letters, and Escape leaves it', { skip }, () =>
  on({}, async page => {
    await page.locator('.row').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('jgt?')
    assert.equal(await page.getByRole('searchbox').inputValue(), 'jgt?')
    assert.equal(await page.getByRole('dialog').count(), 0)
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.activeElement === document.body)
  }),
)

test('the keys are shown by a key, and the page behind does not act on them meanwhile', { skip }, () =>
  on({ at: '#/shop/web' }, async page => {
    await page.getByRole('button', { name: 'Abort' }).waitFor()
    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys' })
    await keys.getByText('all traffic back to stable').waitFor()
    await page.keyboard.press('a')
    assert.equal(await page.getByRole('dialog').count(), 1)
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'hidden' })
  }),
)

test('Tab reaches every button and link, and each shows that it has the focus', { skip }, () =>
  on({ at: '#/shop/web' }, async page => {
    await page.locator('.figures dd').first().waitFor()
    await page.getByRole('button', { name: 'Undo to 1' }).waitFor()
    const reached = new Set<string>()
    for (let press = 0; press < 80; press += 1) {
      await page.keyboard.press('Tab')
      const now = await page.evaluate(() => {
        const element = document.activeElement
        if (element === null || element === document.body) return undefined
        return {
          name: element.textContent?.trim() || element.getAttribute('aria-label'),
          outline: getComputedStyle(element).outlineStyle,
        }
      })
      if (now === undefined) break
      assert.equal(now.outline, 'solid', `${now.name} shows no focus`)
      reached.add(now.name ?? '')
    }
    for (const name of [
      'Skip to the content',
      'Sluice',
      '?',
      'Promote',
      'Abort',
      'Set image',
      'web-internal',
      'p95',
      '20 measurements',
    ])
      assert.ok(reached.has(name), `${name} was not reached: ${[...reached].join(' | ')}`)
  }),
)

test('the theme goes from the machine’s to light to dark, and is kept', { skip }, () =>
  on({ context: { colorScheme: 'dark' } }, async page => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await page.locator('.row').first().waitFor()
    const dark = await ground()
    await page.keyboard.press('t')
    const light = await ground()
    assert.notEqual(light, dark)
    await page.reload()
    await page.locator('.row').first().waitFor()
    assert.equal(await ground(), light)
    await page.keyboard.press('t')
    assert.equal(await ground(), dark)
  }),
)
