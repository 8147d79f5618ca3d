/** Panels of Grafana: what differs between them is said, everything else is the same everywhere. Pure. */

/** Every panel asks the data source that the variable names, so that no dashboard knows a uid. */
export const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` } as const

export type Unit = 'reqps' | 'percentunit' | 's' | 'short' | 'Bps' | 'bytes' | 'dtdurations' | 'dateTimeFromNow' | 'ops'

export type Query = {
  readonly expr: string
  /** `{{label}}` is replaced. A legend that begins with a role has the role's colour. */
  readonly legend: string
}

export type Threshold = { readonly from: number | null; readonly color: 'green' | 'orange' | 'red' | 'blue' | 'text' }

export type Mapping = { readonly value: string; readonly text: string; readonly color: string }

type Common = {
  readonly title: string
  /** What it shows and what to make of it; each panel has one. */
  readonly description: string
  readonly queries: readonly Query[]
  readonly unit: Unit
  readonly decimals?: number
  /** The first one begins at null. */
  readonly thresholds?: readonly Threshold[]
  /** Words for values. */
  readonly mappings?: readonly Mapping[]
  readonly min?: number
  readonly max?: number
}

export type Panel = Common & {
  readonly kind: 'timeseries' | 'stat' | 'state-timeline' | 'table' | 'bargauge'
  /** Filled areas on top of one another. */
  readonly stacked?: boolean
  /** Of a stat: the legend instead of the value. */
  readonly showsName?: boolean
  /** Of a table: the labels that are columns, in this order, with their titles; the value comes last. */
  readonly columns?: { readonly [label: string]: string }
  /** Of a table: title of the value's column. */
  readonly valueTitle?: string
}

/** The same everywhere, and readable on light and dark: names of Grafana's palette, which it adapts to the theme. */
export const COLORS: { readonly [role: string]: string } = {
  stable: 'blue',
  canary: 'orange',
  retiring: 'purple',
  gone: 'text',
}

const colourOf = (role: string, color: string) => ({
  matcher: { id: 'byRegexp', options: `/^${role}\\b/` },
  properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }],
})

const legend = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] }
const reduce = { calcs: ['lastNotNull'], fields: '', values: false }

const OPTIONS: { readonly [kind in Panel['kind']]: object } = {
  timeseries: { legend, tooltip: { mode: 'multi', sort: 'desc' } },
  stat: {
    reduceOptions: reduce,
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    textMode: 'auto',
    orientation: 'auto',
  },
  'state-timeline': { legend, tooltip: { mode: 'single', sort: 'none' }, mergeValues: true, showValue: 'auto', rowHeight: 0.9 },
  table: { showHeader: true, cellHeight: 'sm', footer: { show: false, reducer: ['sum'], countRows: false, fields: '' } },
  bargauge: { reduceOptions: reduce, orientation: 'horizontal', displayMode: 'basic', valueMode: 'color', showUnfilled: true },
}

const drawStyle = ({ stacked }: Panel) => ({
  drawStyle: 'line',
  lineWidth: 1,
  fillOpacity: stacked ? 40 : 8,
  showPoints: 'never',
  spanNulls: false,
  stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
  thresholdsStyle: { mode: 'off' },
})

const custom = (panel: Panel): object => {
  if (panel.kind === 'timeseries') return drawStyle(panel)
  return panel.kind === 'state-timeline' ? { fillOpacity: 70, lineWidth: 0 } : {}
}

const NEUTRAL: readonly Threshold[] = [{ from: null, color: 'text' }]

const fieldConfig = (panel: Panel) => ({
  defaults: {
    unit: panel.unit,
    ...(panel.decimals !== undefined && { decimals: panel.decimals }),
    ...(panel.min !== undefined && { min: panel.min }),
    ...(panel.max !== undefined && { max: panel.max }),
    color: { mode: panel.kind === 'timeseries' ? 'palette-classic' : 'thresholds' },
    thresholds: { mode: 'absolute', steps: (panel.thresholds ?? NEUTRAL).map(({ from, color }) => ({ value: from, color })) },
    mappings: (panel.mappings ?? []).map(({ value, text, color }, index) => ({
      type: 'value',
      options: { [value]: { text, color, index } },
    })),
    custom: custom(panel),
    noValue: '–',
  },
  overrides: panel.kind === 'timeseries' ? Object.entries(COLORS).map(([role, color]) => colourOf(role, color)) : [],
})

/** A table shows the labels that are asked for and the value; all else that Prometheus says of a series is hidden. */
const tableColumns = ({ columns = {}, valueTitle = 'Value' }: Panel) => [
  {
    id: 'organize',
    options: {
      excludeByName: {
        Time: true,
        __name__: true,
        job: true,
        instance: true,
        pod: true,
        endpoint: true,
        container: true,
        service: true,
      },
      indexByName: Object.fromEntries(Object.keys(columns).map((label, i) => [label, i])),
      renameByName: { ...columns, Value: valueTitle },
    },
  },
]

const isInstant = ({ kind }: Panel): boolean => kind === 'table' || kind === 'bargauge'

export type Place = { readonly id: number; readonly x: number; readonly y: number; readonly w: number; readonly h: number }

/** The JSON of a panel at its place on the grid of 24 columns. */
export const renderPanel = (panel: Panel, { id, ...gridPos }: Place): object => ({
  id,
  type: panel.kind,
  title: panel.title,
  description: panel.description,
  datasource: DATASOURCE,
  gridPos,
  targets: panel.queries.map(({ expr, legend: legendFormat }, i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: DATASOURCE,
    expr,
    legendFormat,
    editorMode: 'code',
    ...(isInstant(panel) ? { instant: true, range: false } : { range: true }),
    ...(panel.kind === 'table' && { format: 'table' }),
  })),
  fieldConfig: fieldConfig(panel),
  options: { ...OPTIONS[panel.kind], ...(panel.showsName && { textMode: 'name' }) },
  ...(panel.kind === 'table' && { transformations: tableColumns(panel) }),
})
