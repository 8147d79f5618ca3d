/** A page in Debian's Chromium on canned data with a clock that stands still, for tests. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { type FixtureOptions, type FixtureServer, startFixtureServer } from '../../testing/fixture-server.ts'

/** Where Debian's package has it. */
const CHROMIUM = '/usr/bin/chromium'
const DIST = join(import.meta.dirname, '../dist')

/** The moment that canned data is made for. */
export const NOW = Date.parse('2026-03-04T12:00:00Z')

/** For tests that build the page themselves. */
export const whyNoChromium = (): string | undefined =>
  existsSync(CHROMIUM) ? undefined : 'no Chromium: tools/setup chromium installs it as root on Debian'

/** Why there is no browser to test in; undefined where there is one. For the `skip` of a test. */
export const whyNoBrowser = (): string | undefined =>
  whyNoChromium() ?? (existsSync(join(DIST, 'app.js')) ? undefined : 'the page is not built: make ui')

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    // Root has no sandbox; the page is our own.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--force-color-profile=srgb',
      '--font-render-hinting=none',
    ],
  })

export type OpenPage = {
  readonly page: Page
  readonly server: FixtureServer
  /** What the page wrote as an error, a refusal by the Content-Security-Policy among it. */
  readonly errors: readonly string[]
  readonly close: () => Promise<void>
}

export type PageOptions = {
  readonly server?: Partial<FixtureOptions>
  readonly context?: BrowserContextOptions
  /** The part of the address behind `#`. */
  readonly at?: string
  /** The page's clock goes on by itself. */
  readonly clockRuns?: boolean
}

export const DESKTOP = { width: 1280, height: 900 } as const
export const PHONE = { width: 360, height: 780 } as const

export const openPage = async (browser: Browser, options: PageOptions = {}): Promise<OpenPage> => {
  const server = await startFixtureServer({ pages: DIST, signedIn: true, now: () => NOW, ...options.server })
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options.context })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') errors.push(message.text())
  })
  if (options.clockRuns !== true) await page.clock.setFixedTime(NOW)
  await page.goto(`${server.url}/${options.at ?? ''}`)
  const close = async (): Promise<void> => {
    await context.close()
    await server.close()
  }
  return { page, server, errors, close }
}
