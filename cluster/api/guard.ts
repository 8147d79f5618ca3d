/** What every request is answered within. */
import type { Api } from './api.ts'
import { type Answer, failureAnswer } from './call.ts'
import { Failure, internalError } from './failure.ts'

/** Never throws: a refusal becomes its Status, anything else is reported and becomes status 500. */
export const guarded = async (api: Api, work: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure) return failureAnswer(error)
    api.report(error)
    return failureAnswer(internalError(error))
  }
}
