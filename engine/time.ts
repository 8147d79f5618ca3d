/** Times as Kubernetes writes them and as people read them. All from an argument; the engine has no clock. */

/** RFC 3339 with milliseconds where there are any; for waits that are counted from this very moment. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')

/** RFC 3339 in whole seconds, as the API server keeps the times of conditions. */
export const wholeSecond = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Time of day in UTC, e.g. `09:14:03Z`. */
export const clock = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)}Z`

/** Milliseconds since the epoch; undefined for text that is no time (people can edit every field that this is read from). */
export const parseTime = (text: string | undefined): number | undefined => {
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
