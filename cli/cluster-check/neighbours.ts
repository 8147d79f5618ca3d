/** What else runs in the cluster that Sluice works with. Nothing here is needed. */
import { ok, type Row, warn } from './row.ts'
import type { ClusterSeen } from './seen.ts'

const argoRow = ({ argoRollouts }: ClusterSeen): Row => {
  const check = 'argo rollouts'
  if ('refused' in argoRollouts)
    return warn(
      check,
      `Deployments of all namespaces could not be listed (${argoRollouts.refused}), so that it is not known whether it runs`,
    )
  if (argoRollouts.is.length === 0) return ok(check, 'not there, and not needed')
  const where = argoRollouts.is.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')
  return ok(
    check,
    `runs as ${where}; it leaves Sluice's objects alone, which carry the instance id sluice, unless its own --instance-id is sluice`,
  )
}

const prometheusRow = ({ groupVersions }: ClusterSeen): Row =>
  groupVersions.includes('monitoring.coreos.com/v1')
    ? ok('prometheus operator', 'its kinds are served: the chart can make monitors and rules')
    : ok('prometheus operator', 'not there, and not needed: checks read the routers themselves')

export const neighbourRows = (seen: ClusterSeen): readonly Row[] => [argoRow(seen), prometheusRow(seen)]
