/** Bodies of requests: media types, size, and text to objects. */
import { parse as parseYaml } from 'yaml'
import { badRequest, tooLarge, unsupportedMediaType } from './failure.ts'
import { copyJson, isObject, type JsonObject } from './json.ts'

/** As etcd's default for one request, with what the API adds. */
export const BODY_LIMIT = 3 * 1024 * 1024

/** The media type alone: no parameters, lower case. */
export const mediaType = (header: string | undefined): string => (header ?? '').split(';')[0]!.trim().toLowerCase()

const JSON_TYPE = 'application/json'
const YAML_TYPE = 'application/yaml'

/** What could spell the one field name that is no plain field in JavaScript. */
const MAY_NAME_PROTOTYPE = /__proto__|\\u00/

const safe = (value: unknown, text: string): unknown => (MAY_NAME_PROTOTYPE.test(text) ? copyJson(value) : value)

/** Some JSON value, without fields named `__proto__`. */
export const parseJson = (text: string): unknown => {
  try {
    return safe(JSON.parse(text), text)
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const parseYamlText = (text: string): unknown => {
  try {
    return safe(parseYaml(text), text)
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The object in a body of JSON or YAML. */
export const parseObject = (text: string, contentType: string | undefined): JsonObject => {
  const type = mediaType(contentType) || JSON_TYPE
  if (Buffer.byteLength(text) > BODY_LIMIT) throw tooLarge(BODY_LIMIT)
  if (type !== JSON_TYPE && type !== YAML_TYPE) throw unsupportedMediaType([JSON_TYPE, YAML_TYPE])
  if (text.trim() === '') throw badRequest('the request has no body; an object is expected')
  const value = type === JSON_TYPE ? parseJson(text) : parseYamlText(text)
  if (!isObject(value)) throw badRequest('the body of the request must be an object')
  return value
}
