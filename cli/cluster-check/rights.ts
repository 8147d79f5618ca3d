/** Whether each process's ServiceAccount has the rights that it needs. */
import { count, missing, ok, type Row, warn } from './row.ts'
import type { Asked, ClusterSeen } from './seen.ts'

/** So many rights are named; of more only how many. */
const NAMED = 3

const nameOf = ({ right, namespace }: Asked): string => (namespace === undefined ? right : `${right} in ${namespace}`)

const listed = (asked: readonly Asked[]): string => {
  const names = asked.slice(0, NAMED).map(nameOf).join(', ')
  return asked.length > NAMED ? `${names} and ${asked.length - NAMED} more` : names
}

const accountRow = (asked: readonly Asked[]): Row => {
  const { component = '', account = '' } = asked[0] ?? {}
  const check = `${component} rights`
  const denied = asked.filter(({ allowed }) => 'is' in allowed && !allowed.is)
  if (denied.length > 0)
    return missing(check, `ServiceAccount ${account} may not ${listed(denied)}; install its roles anew, or bind them`)
  const [unknown] = asked.flatMap(({ allowed }) => ('refused' in allowed ? [allowed.refused] : []))
  return unknown === undefined
    ? ok(check, `ServiceAccount ${account} has all ${count(asked.length, 'right')}`)
    : warn(check, `those of ${account} could not be asked (${unknown}); needs create subjectaccessreviews`)
}

export const rightsRows = ({ rights }: ClusterSeen): readonly Row[] => {
  const components = [...new Set(rights.map(({ component }) => component))]
  return components.map(component => accountRow(rights.filter(one => one.component === component)))
}
