/** The parameters in the query of a request's target, as the URL standard reads them (application/x-www-form-urlencoded). Pure. */

/**
 * Whether one of the values of the parameter `name` passes `test`. Names and values are decoded: `+` is a space, `%XX` a byte of UTF-8; a
 * `%` that begins no byte is a `%`. A parameter without `=` has the empty value. `;` separates nothing.
 */
export const hasParameter = (url: string, name: string, test: (value: string) => boolean): boolean => {
  let from = url.indexOf('?') + 1
  if (from === 0) return false
  while (from < url.length) {
    const ampersand = url.indexOf('&', from)
    const end = ampersand < 0 ? url.length : ampersand
    if (end > from && isThat(url.slice(from, end), name, test)) return true
    from = end + 1
  }
  return false
}

const isThat = (pair: string, name: string, test: (value: string) => boolean): boolean => {
  const equals = pair.indexOf('=')
  const nameEnd = equals < 0 ? pair.length : equals
  return decode(pair.slice(0, nameEnd)) === name && test(decode(pair.slice(nameEnd + 1)))
}

const ENCODED = /[%+]/

/** Node's own decoding does with broken text what the standard says. */
const decode = (text: string): string => (ENCODED.test(text) ? (new URLSearchParams(`x=${text}`).get('x') ?? '') : text)
