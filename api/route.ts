/**
 * The Route: the contract between the controller, which decides, and the routers, which carry traffic.
 * `sluice.dev/v1alpha1`, plural `routes`, short name `srt`, namespaced, status subresource. A Route has the name of the Service
 * that it fronts and is owned by that Service. The controller writes it; the routers only read it, and say on their
 * admin port which `spec.version` they run.
 */
import type { KubeObject } from './kubernetes.ts'

/** How the routers appear among the Service's endpoints. `none`: not at all. `ready`: they take new connections. `draining`: they
 *  only keep what they have (ready false, serving and terminating true), so kube-proxy prefers the pods. */
export type RouterEndpoints = 'none' | 'ready' | 'draining'

export type RoutePort = {
  /** The Service port's name; absent for a single unnamed port. */
  readonly name?: string
  /** The Service's port. */
  readonly port: number
  /** The port on which every router listens for this Service port; unique among all Routes. */
  readonly listenPort: number
  /** `http`: split per request. `tcp`: split per connection. */
  readonly protocol: 'http' | 'tcp'
}

export type Backend = {
  readonly role: 'stable' | 'canary' | 'retiring'
  /** pod-template-hash of the version. */
  readonly hash: string
  /** The private Service whose EndpointSlices hold this version's pods. */
  readonly service: string
  /** Share of new requests in percent, an integer 0..100; the weights of all backends sum to 100. */
  readonly weight: number
}

export type StringMatch = { readonly exact: string } | { readonly prefix: string } | { readonly regex: string }

export type RouteMatch = {
  readonly method?: StringMatch
  readonly path?: StringMatch
  readonly headers?: readonly { readonly name: string; readonly value: StringMatch }[]
}

export type HeaderRoute = { readonly name: string; readonly match: readonly RouteMatch[]; readonly hash: string }
export type MirrorRoute = {
  readonly name: string
  readonly match: readonly RouteMatch[]
  readonly hash: string
  readonly percent: number
}
export type Sticky = { readonly by: 'cookie' } | { readonly by: 'header'; readonly header: string } | { readonly by: 'ip' }

export type RouteSpec = {
  readonly service: string
  /** The Deployment whose rollout this Route serves. */
  readonly deployment: string
  /** Raised by one with every change of this spec; what the routers acknowledge. */
  readonly version: number
  readonly endpoints: RouterEndpoints
  readonly ports: readonly RoutePort[]
  /** Service ports that do not go through the router (UDP, ports not opted in): published as the stable pods' own addresses. */
  readonly passThrough?: readonly { readonly name?: string; readonly port: number; readonly protocol: string }[]
  readonly backends: readonly Backend[]
  readonly headerRoutes?: readonly HeaderRoute[]
  readonly mirrorRoutes?: readonly MirrorRoute[]
  readonly sticky?: Sticky
}

/** The controller's own notes of where in entering or leaving the Service is; written by the controller only. */
export type RouteStatus = {
  /** The step of deployments' enter and leave order that is being waited for; see engine/service-mode. */
  readonly step?: string
  /** When `step` began; RFC 3339. */
  readonly since?: string
  readonly message?: string
}

export type Route = KubeObject & { readonly spec: RouteSpec; readonly status?: RouteStatus }
