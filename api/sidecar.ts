/**
 * The router as a sidecar: what the webhook notes on a pod, and what the controller pushes to a sidecar's admin port.
 * `POST /table` takes SidecarTable and answers RouterReport; `GET /buckets` is as of shared routers; `GET /request` gives the PEM of
 * a certificate signing request, `POST /certificate` takes the answer to it.
 */
import type { KubeObject, Labels } from './kubernetes.ts'
import { SIDECAR_PORTS } from './names.ts'
import type { RouteSpec } from './route.ts'
import { shortHash } from './template.ts'

/** One named TCP port of the app that the sidecar took over. */
export type SidecarPort = {
  /** The name that Services refer to. */
  readonly name: string
  /** Where the app listens. */
  readonly app: number
  /** Where the sidecar listens in its place, and splits. */
  readonly outer: number
}

export type SidecarAddress = { readonly host: string; readonly port: number }

/** One Service as a sidecar carries it. */
export type SidecarRoute = {
  /** `NAMESPACE/NAME` of the Route. */
  readonly key: string
  readonly spec: RouteSpec
  /** Names of the app's ports that the Service leads to. */
  readonly targets: readonly string[]
  /** Keys of the Route's sticky cookies in base64, the one that signs first; where users are kept by cookie. */
  readonly cookieKeys?: readonly string[]
}

/** Everything that a sidecar splits by. Without a Route each pod serves its own app. */
export type SidecarTable = {
  /** Ports that Services lead to, by name: whether requests or connections are split. */
  readonly ports: { readonly [name: string]: 'http' | 'tcp' }
  readonly routes: readonly SidecarRoute[]
  /** Ready pods by version hash and name of the app's port: where the app itself listens, so that no request is split twice. */
  readonly endpoints: { readonly [hash: string]: { readonly [port: string]: readonly SidecarAddress[] } }
  /** PEM of the authorities that the controller's certificate may be of from now on. */
  readonly ca: string
}

export const SIDECAR_ADMIN_PORT = 15_090
export const SIDECAR_HEALTH_PORT = 15_091
/** The first port that a sidecar listens on for traffic. */
export const FIRST_SIDECAR_PORT = 15_100

/** Value of the label by which pods and the Deployment find each other; a label is shorter than a name may be. */
export const sidecarLabel = (deployment: string): string =>
  deployment.length <= 63 ? deployment : `${deployment.slice(0, 50)}-${shortHash(deployment, 10)}`

const isPort = (value: unknown): value is SidecarPort => {
  if (typeof value !== 'object' || value === null) return false
  const { name, app, outer } = value as { readonly [key: string]: unknown }
  return typeof name === 'string' && [app, outer].every(Number.isInteger)
}

/** Ports in the text; undefined when it is not a list of them. */
export const parseSidecarPorts = (text: string): readonly SidecarPort[] | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every(isPort) ? value : undefined
  } catch {
    return undefined
  }
}

/** What the sidecar of a pod took over; undefined for a pod without one. */
export const sidecarPorts = ({ metadata }: KubeObject): readonly SidecarPort[] | undefined => {
  const annotations: Labels = metadata.annotations ?? {}
  const text = annotations[SIDECAR_PORTS]
  return text === undefined ? undefined : parseSidecarPorts(text)
}
