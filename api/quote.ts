/** Values in messages. */

const MAX_LENGTH = 80

/** The value as JSON, cut where it would drown the message: `"120%"`, `{"by":"x"}`. */
export const quote = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 3)}...`
}
