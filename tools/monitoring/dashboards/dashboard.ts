/** Dashboards of Grafana from rows of panels. Pure. */
import { DATASOURCE, type Panel, renderPanel } from './panel.ts'

export type Row = {
  /** Shown above the panels; a row without one continues the row before. */
  readonly title?: string
  readonly height: number
  /** They share the width. */
  readonly panels: readonly Panel[]
}

export type Variable = {
  readonly name: string
  readonly label: string
  /** `label_values(METRIC, LABEL)`. */
  readonly query: string
  /** Any number of values, and all of them at first. */
  readonly multi?: boolean
}

export type Annotation = {
  readonly name: string
  readonly expr: string
  readonly title: string
  readonly color: string
  /** The value is the time, in milliseconds. */
  readonly atValue?: boolean
}

export type Dashboard = {
  /** Also the name of its file. Links between dashboards use it. */
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly variables: readonly Variable[]
  readonly annotations?: readonly Annotation[]
  readonly rows: readonly Row[]
}

/** The newest that @grafana/schema 13 knows. */
const SCHEMA_VERSION = 42
const WIDTH = 24
const TAG = 'sluice'

const renderVariable = ({ name, label, query, multi = false }: Variable) => ({
  type: 'query',
  name,
  label,
  datasource: DATASOURCE,
  definition: query,
  query: { query, refId: name },
  refresh: 2,
  sort: 1,
  multi,
  includeAll: multi,
  ...(multi && { allValue: '.*', current: { text: ['All'], value: ['$__all'] } }),
})

const DATASOURCE_VARIABLE = {
  type: 'datasource',
  name: 'datasource',
  label: 'Data source',
  query: 'prometheus',
  refresh: 1,
  hide: 0,
}

/** To the other dashboards, for the same time and the same namespace. */
const LINKS = {
  type: 'dashboards',
  title: 'Sluice',
  tooltip: 'The other dashboards of Sluice',
  icon: 'external link',
  tags: [TAG],
  asDropdown: true,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
}

const renderAnnotation = ({ name, expr, title, color, atValue = false }: Annotation) => ({
  name,
  datasource: DATASOURCE,
  enable: true,
  iconColor: color,
  target: { refId: name, expr, interval: '15s' },
  titleFormat: title,
  useValueForTime: atValue,
})

/** Panels from left to right, rows from top to bottom; ids count up, so that the same dashboard is the same text. */
const renderRows = (rows: readonly Row[]): readonly object[] => {
  const panels: object[] = []
  let y = 0
  for (const { title, height, panels: inRow } of rows) {
    if (title !== undefined) {
      panels.push({
        id: panels.length + 1,
        type: 'row',
        title,
        collapsed: false,
        panels: [],
        gridPos: { x: 0, y, w: WIDTH, h: 1 },
      })
      y += 1
    }
    const w = Math.floor(WIDTH / inRow.length)
    inRow.forEach((panel, i) => {
      panels.push(renderPanel(panel, { id: panels.length + 1, x: i * w, y, w, h: height }))
    })
    y += height
  }
  return panels
}

export const renderDashboard = ({ uid, title, description, variables, annotations = [], rows }: Dashboard): string =>
  `${JSON.stringify(
    {
      uid,
      title,
      description,
      tags: [TAG],
      schemaVersion: SCHEMA_VERSION,
      version: 1,
      editable: true,
      graphTooltip: 1,
      timezone: 'browser',
      refresh: '10s',
      time: { from: 'now-30m', to: 'now' },
      templating: { list: [DATASOURCE_VARIABLE, ...variables.map(renderVariable)] },
      annotations: { list: annotations.map(renderAnnotation) },
      links: [LINKS],
      panels: renderRows(rows),
    },
    undefined,
    2,
  )}\n`
