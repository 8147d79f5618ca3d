/** How whoever wrote an update says what a message advises: an annotated Deployment and a Rollout have other fields for the same. */
export type WayOut = {
  /** What it is. */
  readonly workload: string
  /** Routers are not to be in front of its pods. */
  readonly noRouters: string
  /** The Service is not to be split. */
  readonly leaveOut: string
}

export const OF_DEPLOYMENT: WayOut = {
  workload: 'this Deployment',
  noRouters: 'set sluice.dev/router: none',
  leaveOut: 'leave it out with the annotation sluice.dev/services',
}
