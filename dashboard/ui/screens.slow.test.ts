/** Each screen in a real browser: what it shows, what axe finds, and that nothing is refused by the Content-Security-Policy. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { findViolations } from './testing/axe.ts'
import { DESKTOP, openPage, type PageOptions, PHONE, startBrowser, whyNoBrowser } from './testing/page.ts'

const skip = whyNoBrowser()
let browser: Browser
before(async () => {
  if (skip === undefined) browser = await startBrowser()
})
after(() => browser?.close())

const WEB = '#/shop/web'

/** A page, and afterwards: no error in its console. */
const on = async (options: PageOptions, look: (page: Page) => Promise<void>): Promise<void> => {
  const { page, errors, close } = await openPage(browser, options)
  try {
    await look(page)
    assert.deepEqual(errors, [])
  } finally {
    await close()
  }
}

const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? ''

const drawn = (page: Page) => page.locator('.figures dd').first().waitFor()

test('the overview counts what waits, was rolled back and is in flight, and says why', { skip }, () =>
  on({}, async page => {
    await page.getByText('success-rate >= 99% failed').waitFor()
    assert.deepEqual(await page.locator('.tile-count').allTextContents(), ['1', '1', '2', '20'])
    assert.match(await textOf(page.locator('.row').first()), /web[\s\S]*Paused[\s\S]*waiting since 11:57:00Z/)
    assert.equal(await page.locator('.rows a').first().getAttribute('href'), WEB)
  }),
)

test('search and filter narrow the list, stay in the address, and say how much is left', { skip }, () =>
  on({}, async page => {
    await page.locator('.row').first().waitFor()
    await page.getByRole('searchbox').fill('ns:payments')
    await page.getByText('2 of 24 rollouts').waitFor()
    await page.getByRole('button', { name: 'Rolled back' }).click()
    await page.getByText('1 of 24 rollouts').waitFor()
    await page.reload()
    await page.getByText('1 of 24 rollouts').waitFor()
    assert.equal(await page.getByRole('searchbox').inputValue(), 'ns:payments')
  }),
)

test(
  'a rollout shows the split, the numbers of both versions, steps, checks, revisions, pods, events and decisions',
  { skip },
  () =>
    on({ at: WEB }, async page => {
      await drawn(page)
      assert.deepEqual(await page.locator('.version-share').allTextContents(), ['75%', '25%'])
      assert.match((await page.locator('.flow').getAttribute('aria-label')) ?? '', /canary gets 25 % of the traffic: \d+\/s, 99/)
      assert.equal(await page.locator('.stream').count(), 2)
      assert.match(await textOf(page.locator('[aria-current=step]')), /pause/)
      for (const name of ['Traffic', 'Steps', 'Success', 'Latency', 'Checks', 'Revisions', 'Pods', 'Events', 'Decisions'])
        assert.equal(await page.getByRole('heading', { name, exact: true }).count(), 1, name)
      assert.equal(await page.locator('.plot canvas').count(), 4)
      assert.equal(await page.getByText('limit: success-rate >= 99%').count(), 2)
      await page.getByText('20 measurements').first().click()
      assert.equal(await page.locator('.check table').first().locator('tbody tr').count(), 20)
      await page.getByText('The newest numbers as a table').click()
      assert.equal(await page.locator('.card-latency tbody tr').count(), 30)
      assert.equal(await page.locator('.card-pods tbody tr').count(), 5)
    }),
)

test('another Service of the rollout can be looked at, here one that no router carries', { skip }, () =>
  on({ at: WEB }, async page => {
    await page.getByRole('button', { name: 'web-internal' }).click()
    await page.getByText('straight to its pods, no router in the path').waitFor()
    assert.deepEqual(await page.locator('.version-share').allTextContents(), ['100%'])
  }),
)

test('a revision shows what differs from it, and going back asks first', { skip }, () =>
  on({ at: WEB }, async page => {
    await page.getByRole('button', { name: 'Diff of revision 1' }).click()
    await page.locator('.diff-after').first().waitFor()
    assert.match(await textOf(page.locator('.diff')), /spec\.containers\[web\]\.image[\s\S]*web:v1[\s\S]*web:v2/)
    await page.getByRole('button', { name: 'Undo to 1' }).click()
    await page.getByRole('dialog').getByText('web goes back to revision 1').waitFor()
  }),
)

test('an action is done only after the dialog said what it will do', { skip }, () =>
  on({ at: WEB }, async page => {
    await page.getByRole('button', { name: 'Abort' }).click()
    const dialog = page.getByRole('dialog', { name: 'Abort: web' })
    await dialog.getByText('all traffic goes back to the stable version').waitFor()
    await dialog.getByRole('button', { name: 'Leave it' }).click()
    assert.equal(await textOf(page.locator('.title .state')), 'Paused')
    await page.getByRole('button', { name: 'Abort' }).click()
    await dialog.getByText('all traffic goes back').waitFor()
    await dialog.getByRole('button', { name: 'Abort' }).click()
    await page.locator('.title').getByText('rolled back: aborted by a person').waitFor()
    assert.equal(await page.getByRole('dialog').count(), 0)
    assert.match(await textOf(page.locator('.toast')), /aborted/)
  }),
)

test('an image is set from the containers that there are', { skip }, () =>
  on({ at: WEB }, async page => {
    await page.getByRole('button', { name: 'Set image' }).click()
    const dialog = page.getByRole('dialog', { name: 'Set image: web' })
    assert.equal(await dialog.getByLabel('Image').inputValue(), 'registry.example/web:v2')
    const known = page.locator('#known-images option')
    assert.deepEqual(await known.evaluateAll(all => all.map(one => one.getAttribute('value'))), [
      'registry.example/web:v2',
      'registry.example/web:v1',
    ])
    await dialog.getByLabel('Image').fill('registry.example/web:v3')
    await dialog.getByText('which starts an update').waitFor()
    const sent = page.waitForRequest(request => request.method() === 'POST')
    await dialog.getByRole('button', { name: 'Set image' }).click()
    const request = await sent
    assert.deepEqual(request.postDataJSON(), { container: 'web', image: 'registry.example/web:v3', seen: 'canned' })
    assert.equal(request.headers()['x-sluice-request'], '1')
  }),
)

test('a blue-green rollout shows where its Services lead and the stages of the update, with what each does', { skip }, () =>
  on({ at: '#/payments/invoices' }, async page => {
    await page.getByText('revision 2 can be tried behind invoices-preview').waitFor()
    assert.match(
      await textOf(page.locator('.side-active')),
      /active invoices[\s\S]*invoices:2025-12[\s\S]*revision 1, 4\/4 pods ready/,
    )
    assert.match(await textOf(page.locator('.side-preview')), /preview invoices-preview[\s\S]*revision 2, 2\/4 pods ready/)
    assert.match(await textOf(page.locator('[aria-current=step]')), /pods of the new version/)
    assert.deepEqual(await page.locator('.step b').allTextContents(), [
      'pods',
      'analysis before',
      'pause',
      'switch',
      'analysis after',
    ])
    assert.match(await textOf(page.locator('.card-revisions')), /preview[\s\S]*active[\s\S]*its pods go in 25s/)
    assert.equal(await page.locator('.card-success').count(), 0)
  }),
)

test('experiments and analysis runs of their own are listed, and one leads to its versions and measurements', { skip }, () =>
  on({}, async page => {
    await page.getByRole('link', { name: 'Experiments' }).click()
    await page.getByRole('heading', { level: 1, name: 'Experiments and analysis runs' }).waitFor()
    assert.deepEqual(await page.locator('.runs tbody th').allTextContents(), [
      'search-ranking',
      'web-7b9c4d5f8x-2-3',
      'nightly-smoke',
    ])
    assert.equal(await page.getByRole('link', { name: 'web', exact: true }).getAttribute('href'), WEB)
    await page.getByRole('link', { name: 'search-ranking' }).click()
    await page.getByText('6m of 10m to go').waitFor()
    assert.deepEqual(await page.locator('.side b').allTextContents(), ['as-it-is', 'learned'])
    assert.equal(await page.locator('.check .plot canvas').count(), 1)
    await page.getByRole('link', { name: 'Experiments and analysis runs' }).click()
    await page.getByRole('link', { name: 'nightly-smoke' }).click()
    await page.getByText('assessed Failed due to failed (1) > failureLimit (0)').waitFor()
    await page.getByText('8 measurements').click()
    assert.equal(await page.locator('.check tbody tr').count(), 8)
  }),
)

test('the log of a pod goes on while one looks; what the API server refuses is said', { skip }, () => log())
const log = async (): Promise<void> => {
  const { page, close } = await openPage(browser, { at: WEB })
  try {
    await page.getByRole('button', { name: /^Log of web-7b9c/ }).click()
    const dialog = page.getByRole('dialog', { name: /^Log of web-7b9c/ })
    await dialog.getByText('GET /search 200').waitFor()
    await dialog.getByText('GET /cart 500').waitFor()
    assert.deepEqual(await findViolations(page), [])
    await dialog.getByLabel('before its last restart').check()
    await dialog.getByRole('alert').getByText('previous terminated container').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  } finally {
    await close()
  }
}

test('a rollout that is not there is said to be so', { skip }, () =>
  on({ at: '#/shop/nobody' }, async page => {
    await page.getByText('There is no rollout shop/nobody').waitFor()
  }),
)

const SCREENS: readonly (readonly [name: string, options: PageOptions, ready: (page: Page) => Promise<void>])[] = [
  ['the overview', {}, page => page.locator('.row').first().waitFor()],
  ['a rollout', { at: WEB }, drawn],
  ['a blue-green rollout', { at: '#/payments/invoices' }, page => page.locator('.side-preview').waitFor()],
  ['the list of experiments', { at: '#/~experiments' }, page => page.locator('.runs').waitFor()],
  ['an experiment', { at: '#/~experiment/shop/search-ranking' }, page => page.locator('.check .plot canvas').waitFor()],
  ['signing in', { server: { signedIn: false } }, page => page.getByLabel('Bearer token').waitFor()],
  [
    'a dialog',
    { at: WEB },
    async page => {
      await page.getByRole('button', { name: 'Set image' }).click()
      await page.getByRole('dialog').getByText('which starts an update').waitFor()
    },
  ],
  [
    'the keys',
    {},
    async page => {
      await page.locator('.row').first().waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
    },
  ],
]

for (const [name, options, ready] of SCREENS)
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [size, viewport] of [
      ['a desk', DESKTOP],
      ['a phone', PHONE],
    ] as const)
      test(`axe finds nothing in ${name}, ${colorScheme}, on ${size}, and it does not scroll sideways`, { skip }, () =>
        on({ ...options, context: { colorScheme, viewport } }, async page => {
          await ready(page)
          assert.deepEqual(await findViolations(page), [])
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
        }),
      )
