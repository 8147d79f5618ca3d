/** Signing in and out, a network that goes away, and a thousand rollouts, in a real browser. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openPage, startBrowser, whyNoBrowser } from './testing/page.ts'

const skip = whyNoBrowser()
let browser: Browser
before(async () => {
  if (skip === undefined) browser = await startBrowser()
})
after(() => browser?.close())

test('a wrong token is told so, a right one signs in, and signing out asks for one again', { skip }, async () => {
  const { page, close } = await openPage(browser, { server: { signedIn: false } })
  try {
    const field = page.getByLabel('Bearer token')
    await field.fill('guessed')
    await page.keyboard.press('Enter')
    await page.getByText('the API server does not know this token').waitFor()
    await field.fill('let-me-in')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('.row').first().waitFor()
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }).includes('let-me-in')), false)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await field.waitFor()
  } finally {
    await close()
  }
})

test('a lost connection is said, with since when, and comes back by itself', { skip }, async () => {
  const { page, server, close } = await openPage(browser, { at: '#/shop/web', clockRuns: true })
  try {
    await page.locator('.live-live').waitFor()
    server.cut(1500)
    await page.getByText(/Connection lost at \d\d:\d\d:\d\dZ, .* what you see is from then/).waitFor()
    assert.equal(await page.locator('[role=alert]').first().textContent(), 'Connection lost.')
    // What was known is still there.
    assert.equal(await page.locator('.version-share').count(), 2)
    await page.locator('.live-live').waitFor()
    await page.locator('.banner').waitFor({ state: 'detached' })
  } finally {
    await close()
  }
})

test('of a thousand rollouts only those in sight are in the page, wherever one scrolls', { skip }, async () => {
  const { page, close } = await openPage(browser, { server: { atRest: 1000 } })
  try {
    await page.getByText('1004 rollouts').waitFor()
    const seen = new Set<string>()
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    for (let top = 0; top < height; top += 850) {
      await page.evaluate(y => window.scrollTo(0, y), top)
      await page.waitForFunction(() => {
        const rows = [...document.querySelectorAll('.row')].map(row => row.getBoundingClientRect())
        const end = document.querySelector('.rows')?.getBoundingClientRect().bottom ?? 0
        return (
          Math.max(...rows.map(({ bottom }) => bottom)) >= Math.min(innerHeight, end) &&
          Math.min(...rows.map(({ top }) => top)) <= 250
        )
      })
      const keys = await page.locator('.row a').evaluateAll(links => links.map(link => link.getAttribute('href') ?? ''))
      assert.ok(keys.length < 50, `${keys.length} rows are in the page`)
      for (const key of keys) seen.add(key)
    }
    assert.equal(seen.size, 1004)
  } finally {
    await close()
  }
})

test('the picture moves with the requests, can be held still, and rests for people who prefer less motion', {
  skip,
}, async () => {
  for (const reducedMotion of ['no-preference', 'reduce'] as const) {
    const { page, close } = await openPage(browser, { at: '#/shop/web', context: { reducedMotion } })
    try {
      const thread = page.locator('.stream-thread').first()
      await thread.waitFor()
      const motion = () => thread.evaluate(one => [getComputedStyle(one).animationName, getComputedStyle(one).animationPlayState])
      if (reducedMotion === 'reduce') assert.equal((await motion())[0], 'none')
      else {
        assert.deepEqual(await motion(), ['flow', 'running'])
        await page.getByRole('button', { name: 'Hold the picture still' }).click()
        assert.deepEqual(await motion(), ['flow', 'paused'])
      }
    } finally {
      await close()
    }
  }
})
