/** Answers in the form of a `meta.k8s.io/v1` Table, which is what `kubectl get` prints. */
import type { Call } from '../call.ts'
import { at, type JsonObject } from '../json.ts'
import type { Kind } from '../kind.ts'
import type { Column } from './column.ts'
import { customColumns } from './custom-columns.ts'
import { ENDPOINT_SLICE_COLUMNS, ENDPOINTS_COLUMNS, INGRESS_COLUMNS, SERVICE_COLUMNS } from './network-columns.ts'
import { OTHER_COLUMNS } from './other-columns.ts'
import { POD_COLUMNS } from './pod-columns.ts'
import { AGE, NAME } from './shared-columns.ts'
import {
  AUTOSCALER_COLUMNS,
  CRON_JOB_COLUMNS,
  DAEMON_SET_COLUMNS,
  DEPLOYMENT_COLUMNS,
  DISRUPTION_BUDGET_COLUMNS,
  JOB_COLUMNS,
  REPLICA_SET_COLUMNS,
  STATEFUL_SET_COLUMNS,
} from './workload-columns.ts'

const COLUMNS: { readonly [storage: string]: readonly Column[] } = {
  ...OTHER_COLUMNS,
  '/pods': POD_COLUMNS,
  '/services': SERVICE_COLUMNS,
  '/endpoints': ENDPOINTS_COLUMNS,
  'discovery.k8s.io/endpointslices': ENDPOINT_SLICE_COLUMNS,
  'networking.k8s.io/ingresses': INGRESS_COLUMNS,
  'apps/deployments': DEPLOYMENT_COLUMNS,
  'apps/replicasets': REPLICA_SET_COLUMNS,
  'apps/statefulsets': STATEFUL_SET_COLUMNS,
  'apps/daemonsets': DAEMON_SET_COLUMNS,
  'batch/jobs': JOB_COLUMNS,
  'batch/cronjobs': CRON_JOB_COLUMNS,
  'policy/poddisruptionbudgets': DISRUPTION_BUDGET_COLUMNS,
  'autoscaling/horizontalpodautoscalers': AUTOSCALER_COLUMNS,
}

const columnsOf = (kind: Kind): readonly Column[] =>
  kind.custom ? customColumns(kind.custom.printerColumns) : (COLUMNS[kind.storage] ?? [NAME, AGE])

export type TableInput = {
  /** Objects in the version of the request. */
  readonly items: readonly JsonObject[]
  readonly revision: string
  readonly now: Date
  /** Of a list that is not complete: continue and remainingItemCount. */
  readonly more?: JsonObject
  /** In a watch only the first Table names its columns. */
  readonly withoutColumns?: boolean
}

/** What a row carries besides its cells: by default the object's metadata only. */
const rowObject = (call: Call, item: JsonObject): JsonObject | undefined => {
  switch (call.query.get('includeObject')) {
    case 'Object':
      return item
    case 'None':
      return undefined
    default:
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: at(item, 'metadata') }
  }
}

export const renderTable = (call: Call, { items, revision, now, more, withoutColumns }: TableInput): JsonObject => {
  const columns = columnsOf(call.kind)
  const definitions = columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format: format ?? '',
    description,
    priority,
  }))
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: revision, ...more },
    columnDefinitions: withoutColumns ? null : definitions,
    rows: items.map(item => {
      const object = rowObject(call, item)
      return { cells: columns.map(column => column.cell(item, now) ?? null), ...(object ? { object } : {}) }
    }),
  }
}
