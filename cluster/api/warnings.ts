/** Warning headers (RFC 7234, code 299). */

const TOTAL_LIMIT = 4096
const EACH_LIMIT = 256

const quoted = (text: string): string =>
  `"${text
    .replaceAll(/[\p{Cc}]/gu, ' ')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')}"`

/** Longer than an HTTP header takes plainly: characters beyond Latin-1 are sent as they are encoded in UTF-8. */
const headerSafe = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** One header value for all texts, each shortened when together they are too long; '' for none. */
export const warningHeader = (texts: readonly string[]): string => {
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  const shortened = total > TOTAL_LIMIT ? texts.map(text => [...text].slice(0, EACH_LIMIT).join('')) : texts
  return headerSafe(shortened.map(text => `299 - ${quoted(text)}`).join(', '))
}
