/** Bodies of requests: media types, size, and text to objects. */
import { parse as parseYaml } from 'yaml'
import { badRequest, tooLarge, unsupportedMediaType } from './failure.ts'
import { isObject, type JsonObject } from './json.ts'

/** As etcd's default for one request, with what the API adds. */
export const BODY_LIMIT = 3 * 1024 * 1024

/** The media type alone: no parameters, lower case. */
export const mediaType = (header: string | undefined): string => (header ?? '').split(';')[0]!.trim().toLowerCase()

const JSON_TYPE = 'application/json'
const YAML_TYPE = 'application/yaml'

/** Some JSON value; refuses what is no JSON and fields that would change prototypes. */
export const parseJson = (text: string): unknown => {
  if (text.includes('__proto__')) throw badRequest('the field name "__proto__" is not allowed')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export const parseYamlText = (text: string): unknown => {
  if (text.includes('__proto__')) throw badRequest('the field name "__proto__" is not allowed')
  try {
    return parseYaml(text)
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
