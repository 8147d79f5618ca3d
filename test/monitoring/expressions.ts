/** Every expression of dashboards, recording rules and alerts, with where it stands. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALERTS } from '../../tools/monitoring/alerts/index.ts'
import { DASHBOARDS } from '../../tools/monitoring/dashboards/index.ts'
import { RECORDING_RULES } from '../../tools/monitoring/recording-rules.ts'
import { ROOT } from './tools.ts'

export type Expression = {
  /** E.g. `Sluice / Rollout: Success (A)`. */
  readonly where: string
  readonly expr: string
}

type Target = { readonly refId: string; readonly expr: string }
export type RenderedPanel = {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
}
export type RenderedDashboard = {
  readonly uid: string
  readonly title: string
  readonly panels: readonly RenderedPanel[]
  readonly annotations: { readonly list: readonly { readonly name: string; readonly target: Target }[] }
}

/** As the chart ships them. */
export const readDashboards = (): readonly RenderedDashboard[] =>
  DASHBOARDS.map(({ uid }) => JSON.parse(readFileSync(join(ROOT, `charts/sluice/dashboards/${uid}.json`), 'utf8')))

export const dashboardExpressions = (): readonly Expression[] =>
  readDashboards().flatMap(({ title, panels, annotations }) => [
    ...panels.flatMap(panel =>
      (panel.targets ?? []).map(({ refId, expr }) => ({ where: `${title}: ${panel.title} (${refId})`, expr })),
    ),
    ...annotations.list.map(({ name, target }) => ({ where: `${title}: annotation ${name}`, expr: target.expr })),
  ])

export const recordingExpressions = (): readonly Expression[] =>
  RECORDING_RULES.map(({ record, expr }) => ({ where: `rule ${record}`, expr }))

export const alertExpressions = (): readonly Expression[] => ALERTS.map(({ name, expr }) => ({ where: `alert ${name}`, expr }))

export const allExpressions = (): readonly Expression[] => [
  ...dashboardExpressions(),
  ...recordingExpressions(),
  ...alertExpressions(),
]

/** What an expression reads: every word that is no label, function, keyword or text. Enough for the PromQL that is written here. */
export const metricsIn = (expr: string): readonly string[] => {
  const bare = expr
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
  const words = bare.match(/[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b/g) ?? []
  return [...new Set(words.filter(word => !/^(and|or|unless|on|by|bool|offset)$/.test(word) && word.includes('_')))]
}
