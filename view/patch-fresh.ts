/** Writes that rest on what was just read: when the object changed in between they are made again from a new read. */
import { isApiError, isConflict } from '../kube/errors.ts'

const ATTEMPTS = 5

/** A failed `test` of a JSON patch is a 422 at the API server, as a value that is not allowed is. */
const mayBeStale = (error: unknown): boolean => isConflict(error) || (isApiError(error) && error.status === 422)

/** `attempt` reads and then writes. The last refusal is thrown. */
export const patchFresh = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let left = ATTEMPTS - 1; left > 0; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!mayBeStale(error)) throw error
    }
  }
  return attempt()
}
