/** Sluice's version, as in package.json (a test compares them: this folder imports nothing). */
export const VERSION = '0.1.0'
