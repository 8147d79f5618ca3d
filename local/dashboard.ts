/** The dashboard of a cluster in this process, signed in as its administrator. */

import { SLUICE_NAMESPACE } from '../api/names.ts'
import type { Cluster } from '../cluster/start.ts'
import { type LocalDashboard, startLocalDashboard } from '../dashboard/run-local.ts'
import { systemClock } from '../kube/clock.ts'
import { streamOver } from '../kube/stream.ts'

/** Says the address, or how to build the page where it is not built. */
export const withDashboard = async ({ client, url, api }: Cluster, say: (line: string) => void): Promise<LocalDashboard> => {
  const place = { namespace: 'default', sluiceNamespace: SLUICE_NAMESPACE, port: 0 }
  const dashboard = await startLocalDashboard({
    client,
    stream: streamOver(api.transport()),
    cluster: url,
    clock: systemClock,
    ...place,
  })
  say(dashboard.isBuilt ? `the dashboard, for your browser: ${dashboard.url}` : 'the dashboard is not built; make ui builds it')
  return dashboard
}
