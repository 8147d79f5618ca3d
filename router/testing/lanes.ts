/** The lanes that carry HTTP/1 are held to the same cases. */
import { describe } from 'node:test'
import type { Limits } from '../limits.ts'
import { startTestRouter, type TestRouter } from './router-under-test.ts'

export type StartRouter = (limits?: Partial<Limits>) => Promise<TestRouter>

/** Runs the cases once for each lane, with routers that have that lane. */
export const eachHttpLane = (cases: (start: StartRouter) => void | Promise<void>): void => {
  for (const fastLane of [true, false])
    void describe(`the ${fastLane ? 'fast' : 'general'} lane`, () => cases(limits => startTestRouter(limits, { fastLane })))
}
