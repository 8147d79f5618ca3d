/** What most providers have in common: a configuration that is read first, and an answer or a reason why there is none. */
import type { Measured } from '../measured.ts'
import { decoded } from './fields.ts'
import type { HttpAnswer } from './http.ts'
import { parseAnswer } from './json.ts'
import type { MeasureRequest, Provider } from './provider.ts'

/** The JSON of an answer with status 200; throws otherwise. What stands in another answer is not repeated: it can quote what was sent. */
export const jsonOf = (service: string, { status, body }: HttpAnswer): unknown => {
  if (status === 401 || status === 403) throw new Error(`received authentication error response code: ${status} from ${service}`)
  if (status !== 200) throw new Error(`received non 2xx response code: ${status} from ${service}`)
  const parsed = parseAnswer(body)
  if (!parsed) throw new Error(`the answer of ${service} is no JSON`)
  return parsed.json
}

/**
 * @param read throws as the readers of fields.ts do
 * @param measure throws an Error that says what was wrong
 */
export const makeProvider = <T>(
  name: string,
  read: (config: unknown) => T,
  measure: (config: T, request: MeasureRequest) => Promise<Measured>,
): Provider => ({
  name,
  measure: async request => {
    const config = decoded(() => read(request.config))
    if ('problem' in config) return { kind: 'error', message: config.problem }
    try {
      return await measure(config.config, request)
    } catch (error) {
      return { kind: 'error', message: error instanceof Error ? error.message : String(error) }
    }
  },
})
