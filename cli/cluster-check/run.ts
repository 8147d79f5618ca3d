/** `sluice check cluster`. */
import type { Session } from '../command.ts'
import { printValue } from '../output/print-object.ts'
import { gatherCluster } from './gather.ts'
import { checkCluster } from './index.ts'
import { renderRows } from './render.ts'

/** Exit code 1 when something is missing; a warning alone is 0. */
export const runClusterCheck = async (session: Session): Promise<number> => {
  const { client, namespace, server } = await session.cluster()
  const { terminal, format, now, sluiceNamespace } = session
  const rows = checkCluster(await gatherCluster(client, { namespace, sluiceNamespace, now: now() }))
  if (format === 'json' || format === 'yaml') terminal.write(printValue({ server, checks: rows }, format))
  else {
    const width = format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width
    terminal.write(`${renderRows(rows, { style: terminal.style, width }).join('\n')}\n`)
  }
  return rows.some(({ verdict }) => verdict === 'missing') ? 1 : 0
}
