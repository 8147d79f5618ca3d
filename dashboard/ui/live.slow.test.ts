/** The page on the real server, over the in-process cluster with Sluice in it and traffic: a canary is seen, promoted, and over. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import type { Service } from '../../api/kubernetes.ts'
import type { Cluster } from '../../cluster/start.ts'
import { shipWeb } from '../../demo/testing/ship.ts'
import { startTraffic, type Traffic } from '../../demo/traffic.ts'
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { SERVICES } from '../../kube/resources.ts'
import { untilRolledOut } from '../../local/install.ts'
import { up } from '../../local/up.ts'
import { type LocalDashboard, startLocalDashboard } from '../run-local.ts'
import { findViolations } from './testing/axe.ts'
import { DESKTOP, startBrowser, whyNoBrowser } from './testing/page.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const skip = whyNoBrowser()
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-live-'))
let browser: Browser
let cluster: Cluster
let traffic: Traffic
let dashboard: LocalDashboard

const ship = (version: string): Promise<void> => shipWeb(cluster.client, version)

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  cluster = await up({ stateDir, root: ROOT, node: process.execPath, routers: 1, log: silentLogger, say: () => undefined })
  await ship('v1')
  await untilRolledOut(cluster.client, 'default', 'web')
  const { spec } = await cluster.client.get<Service>(SERVICES, { namespace: 'default', name: 'web' })
  traffic = startTraffic(`http://${spec.clusterIP}:${spec.ports?.[0]?.port}/`, 40)
  const { client, url } = cluster
  const where = { namespace: 'default', sluiceNamespace: 'sluice-system', port: 0 }
  dashboard = await startLocalDashboard({ ...where, client, cluster: url, clock: systemClock })
})

after(async () => {
  await browser?.close()
  await dashboard?.stop()
  await traffic?.stop()
  await cluster?.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

test('a canary under live traffic is seen as it is, promoted in the page, and at rest afterwards', { skip }, async () => {
  const context = await browser.newContext({ viewport: DESKTOP })
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => message.type() === 'error' && errors.push(message.text()))
  await page.goto(dashboard.url)
  assert.doesNotMatch(page.url(), /key=/)
  await page.getByRole('link', { name: /web/ }).click()
  await page.locator('.title').getByText('Healthy').waitFor()
  await ship('v2')
  await page.locator('.title').getByText('Paused').waitFor()
  const canary = page.locator('.version-canary')
  assert.equal(await canary.locator('.version-share').textContent(), '25%')
  await canary.getByText('sample-app:v2').waitFor()
  await page
    .locator('.check')
    .getByText(/canary [\d.]+/)
    .waitFor()
  // The routers' seconds come by way of the API server's proxy of pods; a span is five of them.
  await page.locator('.card-success canvas').waitFor()
  await page.getByText('The newest numbers as a table').click()
  const table = page.getByRole('table', { name: /^Requests, success and latency/ })
  await table
    .getByRole('cell', { name: /^[1-9]/ })
    .first()
    .waitFor()
  assert.deepEqual(await findViolations(page), [])
  await page.getByRole('button', { name: 'Promote', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Promote: web' })
  await dialog.getByRole('button', { name: 'Promote' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.locator('.title').getByText('Healthy').waitFor()
  await page.locator('.card-revisions').getByText('Undo to 1').waitFor()
  assert.deepEqual(errors, [])
})
