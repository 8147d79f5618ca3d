/** The pages for people: what they link to and name is there, and what they show can be applied. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { decodeConfig, SLUICE_ROUTER } from '../../analysis/providers/sluice-router-config.ts'
import { templateProblem } from '../../analysis/template-problems.ts'
import type { AnalysisTemplate, Metric } from '../../api/analysis-run.ts'
import { readSettings } from '../../api/annotations.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...globSync('{docs,charts}/**/*.md', { cwd: ROOT })].sort()
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8')
const isThere = (path: string): boolean => existsSync(join(ROOT, path))

/** As GitHub makes them of headings. */
const anchorsOf = (page: string): readonly string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  )

const brokenLinks = (page: string): readonly string[] =>
  [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return []
    const [path = '', anchor] = target.split('#')
    const to = path === '' ? page : normalize(join(dirname(page), path))
    if (!isThere(to)) return [target]
    return anchor === undefined || !to.endsWith('.md') || anchorsOf(to).includes(anchor) ? [] : [target]
  })

const FOLDERS =
  'api|engine|analysis|notifications|kube|view|cluster|controller|webhook|router|cli|dashboard|local|demo|image|charts|test|tools|traffic'
const NAMED = new RegExp(`(?<![\\w/.-])((?:${FOLDERS})/[\\w./-]*[\\w/-])`, 'g')

const missingFiles = (page: string): readonly string[] =>
  [...read(page).matchAll(NAMED)].map(([, path = '']) => path).filter(path => !path.includes('...') && !isThere(path))

type Block = { readonly page: string; readonly line: number; readonly text: string }

const blocksOf = (page: string): readonly Block[] =>
  [...read(page).matchAll(/^( *)```yaml\n([\s\S]*?)^ *```/gm)].map(({ 1: indent = '', 2: text = '', index }) => ({
    page,
    line: read(page).slice(0, index).split('\n').length + 1,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))

type Shown = {
  readonly kind?: string
  readonly metadata?: { readonly annotations?: { readonly [key: string]: string } }
  readonly spec?: AnalysisTemplate['spec']
}

/** Whole templates, and the parts of them that a page shows alone: a spec, or a list of metrics. */
const templateIn = (shown: unknown): AnalysisTemplate | undefined => {
  const isMetrics = (list: unknown): list is readonly Metric[] =>
    Array.isArray(list) && list.some(one => one?.provider !== undefined)
  const from = (spec: AnalysisTemplate['spec']): AnalysisTemplate => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'shown' },
    spec,
  })
  if (isMetrics(shown)) return from({ metrics: shown })
  const { spec, ...rest } = (shown ?? {}) as Shown & { readonly metrics?: unknown }
  if (isMetrics(rest.metrics)) return from({ metrics: rest.metrics })
  return isMetrics(spec?.metrics) ? from(spec) : undefined
}

const settingsIn = (shown: unknown): { readonly [key: string]: string } | undefined => {
  const annotations =
    (shown as Shown | undefined)?.metadata?.annotations ?? (shown as { readonly [key: string]: string } | undefined)
  return annotations && Object.keys(annotations).some(key => key.startsWith('sluice.dev/')) ? annotations : undefined
}

for (const page of PAGES) {
  test(`${page}: what it links to and the files that it names are there`, () => {
    assert.deepEqual([brokenLinks(page), missingFiles(page)], [[], []])
  })
}

describe('what the pages show', () => {
  const shown = PAGES.flatMap(blocksOf).flatMap(block =>
    parseAllDocuments(block.text).map(document => ({ ...block, document, value: document.toJS() as unknown })),
  )

  test('is YAML', () => {
    assert.deepEqual(
      shown.flatMap(({ page, line, document }) => document.errors.map(({ message }) => `${page}:${line} ${message}`)),
      [],
    )
  })

  test('of analyses is right', () => {
    const templates = shown.flatMap(one => {
      const template = templateIn(one.value)
      return template === undefined ? [] : [{ ...one, template }]
    })
    assert.ok(templates.length >= 4, `${templates.length} were found`)
    for (const { page, line, template } of templates) {
      assert.equal(templateProblem(template), undefined, `${page}:${line}`)
      for (const { provider } of template.spec.metrics ?? []) {
        const config = provider.plugin?.[SLUICE_ROUTER]
        if (config !== undefined) assert.ok(!('problem' in decodeConfig(config)), `${page}:${line}`)
      }
    }
  })

  test('of annotations is right', () => {
    const all = shown.flatMap(one => {
      const annotations = settingsIn(one.value)
      return annotations === undefined ? [] : [{ ...one, annotations }]
    })
    assert.ok(all.length >= 4, `${all.length} were found`)
    for (const { page, line, annotations } of all) {
      const settings = readSettings({ 'sluice.dev/strategy': 'canary', ...annotations })
      assert.deepEqual(settings.optedIn && settings.problems, [], `${page}:${line}`)
    }
  })
})
