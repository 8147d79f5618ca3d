/** What Sluice needs of a cluster, checked. Pure: what was read in, one row for each thing out. */
import { dataPlaneRows } from './data-plane.ts'
import { definitionRows } from './definitions.ts'
import { neighbourRows } from './neighbours.ts'
import { processRows } from './processes.ts'
import { rightsRows } from './rights.ts'
import type { Row } from './row.ts'
import type { ClusterSeen } from './seen.ts'
import { serverRows } from './server.ts'
import { webhookRows } from './webhook.ts'

const PARTS: readonly ((seen: ClusterSeen) => readonly Row[])[] = [
  serverRows,
  definitionRows,
  webhookRows,
  processRows,
  rightsRows,
  dataPlaneRows,
  neighbourRows,
]

export const checkCluster = (seen: ClusterSeen): readonly Row[] => PARTS.flatMap(part => part(seen))
