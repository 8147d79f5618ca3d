/** The `spec` annotation as JSON, for the planner, which may not know YAML. */
import type { Labels } from './kubernetes.ts'
import { PREFIX } from './names.ts'

const SPEC = `${PREFIX}spec`

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const toJson = (text: string, decodeYaml: (text: string) => unknown): string => {
  try {
    // Undefined has no JSON; an empty document is null in YAML.
    return JSON.stringify(decodeYaml(text) ?? null)
  } catch {
    return JSON.stringify(text)
  }
}

/**
 * The object with the YAML of its `spec` annotation written as JSON, which readSettings reads without a decoder. The same object
 * when there is nothing to do. Malformed YAML becomes a JSON string, which readSettings refuses as not being an object.
 */
export const withJsonSpec = <T extends { readonly metadata: { readonly annotations?: Labels } }>(
  object: T,
  decodeYaml: (text: string) => unknown,
): T => {
  const text = object.metadata.annotations?.[SPEC]
  if (text === undefined || isJson(text)) return object
  const annotations = { ...object.metadata.annotations, [SPEC]: toJson(text, decodeYaml) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}
