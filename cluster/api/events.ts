/** Events are kept as core/v1 and shown as events.k8s.io/v1 too; only the names of fields differ. */
import { type Draft, draftOf, type JsonObject } from './json.ts'

/** [name in core/v1, name in events.k8s.io/v1] */
const RENAMED: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
]

const rename = (object: JsonObject, names: readonly (readonly [string, string])[], apiVersion: string): Draft => {
  const renamed = draftOf(object)
  for (const [from, to] of names) {
    if (renamed[from] === undefined) continue
    renamed[to] = renamed[from]
    delete renamed[from]
  }
  renamed['apiVersion'] = apiVersion
  return renamed
}

export const eventFromStorage = (object: JsonObject): JsonObject => rename(object, RENAMED, 'events.k8s.io/v1')

export const eventToStorage = (object: JsonObject): JsonObject =>
  rename(
    object,
    RENAMED.map(([core, modern]) => [modern, core] as const),
    'v1',
  )
