/** Our CustomResourceDefinitions: there, served, and those of this version. */
import { CUSTOM_RESOURCES } from '../../api/custom-resources.ts'
import { type CustomResource, makeCrd } from '../../api/schema/custom-resource.ts'
import { VERSION } from '../../api/version.ts'
import { missing, ok, type Row, warn } from './row.ts'
import type { Answer, ClusterSeen, Definition } from './seen.ts'

type Json = { readonly [key: string]: unknown }

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Everything of `wanted` is in `actual`; what the API server adds by itself (defaults, empty fields left out) does not count. */
export const includesAll = (actual: unknown, wanted: unknown): boolean => {
  if (Array.isArray(wanted))
    return Array.isArray(actual) && actual.length === wanted.length && wanted.every((one, i) => includesAll(actual[i], one))
  if (isRecord(wanted))
    return Object.entries(wanted).every(([key, value]) => includesAll(isRecord(actual) ? actual[key] : undefined, value))
  return actual === wanted || (actual === undefined && (wanted === '' || wanted === false))
}

const isServed = ({ status }: Definition): boolean =>
  (status?.conditions ?? []).some(one => one.type === 'Established' && one.status === 'True')

const isOurs = ({ metadata }: Definition): boolean => metadata.labels?.['app.kubernetes.io/part-of'] === 'sluice'

export const nameOf = ({ plural, group }: CustomResource): string => `${plural}.${group}`

const install = "install the chart's kinds (helm upgrade --install)"

const definitionRow = (resource: CustomResource, answer: Answer<Definition | undefined> | undefined): Row => {
  const name = nameOf(resource)
  const check = `crd ${resource.plural}`
  if (answer === undefined || 'refused' in answer)
    return warn(check, `${name} could not be read (${answer?.refused ?? 'not asked'}); ask somebody who may`)
  if (answer.is === undefined) return missing(check, `${name} is not there; ${install}`)
  if (!isServed(answer.is)) return missing(check, `${name} is not served; kubectl describe crd ${name} says why`)
  if (includesAll(answer.is.spec, makeCrd(resource).spec)) return ok(check, `${name} is that of ${VERSION}`)
  const whose = isOurs(answer.is) ? 'is that of another version of Sluice' : 'was not installed by Sluice'
  return warn(check, `${name} ${whose}; fields that it does not know are lost; ${install} of ${VERSION}`)
}

export const definitionRows = ({ definitions }: ClusterSeen): readonly Row[] =>
  CUSTOM_RESOURCES.map(resource => definitionRow(resource, definitions[nameOf(resource)]))
