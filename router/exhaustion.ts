/** Connections that this router could not even try to make: nothing that a pod, or a version, has to answer for. Pure. */

/** No file descriptor, no port, no memory for a socket. */
const OWN: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])

export const NO_CONNECTION_LEFT = { status: 503, text: 'this router has no connection left to make' } as const

export const isOwnExhaustion = (error: unknown): boolean => error instanceof Error && 'code' in error && OWN.has(error.code)
