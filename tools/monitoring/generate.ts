/** The files of monitoring that are generated, by their path from the root of the project. */
import { readCatalogue } from './catalogue.ts'
import { renderDashboard } from './dashboards/dashboard.ts'
import { DASHBOARDS } from './dashboards/index.ts'
import { renderMonitoringDocs } from './render-docs.ts'
import { renderRules } from './render-rules.ts'

export const RULES_FILE = 'charts/sluice/rules/sluice.yaml'
const DOCS_FILE = 'docs/monitoring.md'

/** `read` answers a file as it is: the tables in docs/monitoring.md stand between text that is written by hand. */
export const generateMonitoring = async (read: (file: string) => string | undefined): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ...DASHBOARDS.map(one => [`charts/sluice/dashboards/${one.uid}.json`, renderDashboard(one)] as const),
    [RULES_FILE, renderRules()],
    [DOCS_FILE, renderMonitoringDocs(read(DOCS_FILE) ?? '', await readCatalogue())],
  ])
