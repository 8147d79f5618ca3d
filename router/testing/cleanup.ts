/** Closes, after the tests of a file, what they opened. */
import { after } from 'node:test'

export type Opened = <T extends { readonly close: () => unknown }>(thing: T) => T

/** To be called at the top of a test file: gives a function that notes what must be closed. */
export const closeAfterTests = (): Opened => {
  const things: { readonly close: () => unknown }[] = []
  after(async () => {
    for (const thing of things.toReversed()) await thing.close()
  })
  return thing => {
    things.push(thing)
    return thing
  }
}
