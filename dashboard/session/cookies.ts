/** The one cookie: whose session a request is of. */

/** With TLS the browser itself sees to it that no other host sets it (`__Host-`); on loopback each port has its own. */
export const cookieName = (isSecure: boolean, port: number): string => (isSecure ? '__Host-sluice' : `sluice-${port}`)

/** The first cookie of that name; undefined without one. */
export const readCookie = (header: string | undefined, name: string): string | undefined => {
  for (const part of (header ?? '').split(';')) {
    const [key = '', ...rest] = part.trim().split('=')
    if (key === name) return rest.join('=')
  }
  return undefined
}

/** `value` undefined removes it. */
export const cookieHeader = (name: string, value: string | undefined, isSecure: boolean): string =>
  [
    `${name}=${value ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
    ...(value === undefined ? ['Max-Age=0'] : []),
  ].join('; ')
