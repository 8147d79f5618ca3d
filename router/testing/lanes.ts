/** The lanes that carry HTTP are held to the same cases. */
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { describe } from 'node:test'
import type { Limits } from '../limits.ts'
import { askH2, startH2Pod } from './h2-peers.ts'
import { type Ask, ask, startPod } from './pods.ts'
import { startTestRouter, type TestOptions, type TestRouter } from './router-under-test.ts'

export type StartRouter = (limits?: Partial<Limits>, options?: Pick<TestOptions, 'place'>) => Promise<TestRouter>

/** Runs the cases once for each lane that carries HTTP/1, with routers that have that lane. */
export const eachHttpLane = (cases: (start: StartRouter) => void | Promise<void>): void => {
  for (const fastLane of [true, false])
    void describe(`the ${fastLane ? 'fast' : 'general'} lane`, () =>
      cases((limits, options) => startTestRouter(limits, { ...options, fastLane })))
}

/** Clients and pods that speak what the lane carries. */
export type Peers = {
  readonly ask: (
    port: number,
    request?: Ask,
  ) => Promise<{
    readonly status: number
    readonly headers: Pick<IncomingHttpHeaders, 'set-cookie'> & { readonly [name: string]: string | string[] | undefined }
    readonly body: string
  }>
  readonly startPod: (
    handler: RequestListener,
  ) => Promise<{ readonly port: number; readonly open: () => number; readonly close: () => Promise<void> }>
}

/** Runs the cases once for each lane that carries HTTP, whatever its version. */
export const eachLane = (cases: (start: StartRouter, peers: Peers) => void | Promise<void>): void => {
  eachHttpLane(start => cases(start, { ask, startPod }))
  void describe('the h2 lane', () => cases(startTestRouter, { ask: askH2, startPod: startH2Pod }))
}
