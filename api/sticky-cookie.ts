/** What controller and routers agree on about sticky cookies. */

/**
 * What the key of one Route's cookies (`NAMESPACE/NAME`) is derived for: a sidecar is given the keys of its own Service, and can sign
 * for no other.
 */
export const stickyPurpose = (route: string): string => `sticky cookie of ${route}`
