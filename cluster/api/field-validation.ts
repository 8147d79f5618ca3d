/** The `fieldValidation` parameter: what happens to fields that a kind's schema does not know. */
import type { Call } from './call.ts'
import { badRequest } from './failure.ts'
import type { JsonObject } from './json.ts'

const LEVELS = ['Ignore', 'Warn', 'Strict']

/** Refuses (Strict), warns (Warn, the default) or keeps quiet (Ignore) about unknown fields of a body. */
export const checkUnknownFields = (call: Call, object: JsonObject): void => {
  const level = call.query.get('fieldValidation') || 'Warn'
  if (!LEVELS.includes(level))
    throw badRequest(`fieldValidation: unsupported value ${JSON.stringify(level)}: supported values: ${LEVELS.join(', ')}`)
  if (level === 'Ignore') return
  const unknown = call.kind.behaviour.unknownFields?.(object) ?? []
  if (unknown.length === 0) return
  const told = unknown.map(path => `unknown field "${path}"`)
  if (level === 'Strict') throw badRequest(`strict decoding error: ${told.join(', ')}`)
  for (const text of told) call.warnings.add(text)
}
