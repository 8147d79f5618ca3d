/** How many requests it takes to tell whether a check holds. Pure. */

/** Fewer than so many requests never pass, however loose the check. */
export const LEAST_REQUESTS = 30

/** Probability with which a canary at twice the allowed share must have shown itself. */
const CONFIDENCE = 0.95

/** Shares below this need not be told apart when a check compares with stable: 1 % twice, or 299 requests. */
export const FINEST_SHARE_VS_STABLE = 0.005

/** A check that allows no bad request at all is taken as seriously as one in a thousand. */
const FINEST_SHARE = 0.001

/**
 * Requests that a version must have answered before a check that allows the share `allowed` of bad ones can pass: with so many, one
 * that goes wrong twice as often as allowed has shown at least one bad answer with a probability of 95 %. 149 for 1 %, 1497 for 0.1 %.
 */
export const requestsNeeded = (allowed: number): number => {
  const twice = 2 * Math.max(allowed > 0 ? allowed : FINEST_SHARE, 1e-6)
  if (twice >= 1) return LEAST_REQUESTS
  return Math.max(LEAST_REQUESTS, Math.ceil(Math.log(1 - CONFIDENCE) / Math.log1p(-twice)))
}
