/** Every label, annotation, finalizer-free marker and fixed object name that Sluice puts on or reads from an object. */

/** Keys of the user's annotations on a Deployment (`sluice.dev/KEY`); see annotations.ts. */
export const PREFIX = 'sluice.dev/'

/** Native keys (kubernetes.io). */
export const POD_TEMPLATE_HASH = 'pod-template-hash'
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const REVISION = 'deployment.kubernetes.io/revision'
export const SERVICE_NAME = 'kubernetes.io/service-name'
export const MANAGED_BY_SLICE = 'endpointslice.kubernetes.io/managed-by'
export const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'
export const NATIVE_SLICE_CONTROLLER = 'endpointslice-controller.k8s.io'
export const MIRRORING_SLICE_CONTROLLER = 'endpointslicemirroring-controller.k8s.io'

/** Keys that Argo Rollouts' tools read. */
export const ROLLOUTS_POD_TEMPLATE_HASH = 'rollouts-pod-template-hash'
export const INSTANCE_ID_LABEL = 'argo-rollouts.argoproj.io/controller-instance-id'
export const INSTANCE_ID = 'sluice'

/** Put on a Service by the webhook (and repaired by the controller): the Deployment whose pods it fronts. */
export const DEPLOYMENT_LABEL = 'sluice.dev/deployment'
/** `sluice.dev/managed-by: router` on EndpointSlices is MANAGED_BY_SLICE with this value. */
export const SLUICE_SLICE_CONTROLLER = 'sluice.dev'
/** On each EndpointSlice that Sluice writes: `router`, `fail-open` or `pass-through`. */
export const SLICE_ROLE = 'sluice.dev/slice-role'
/** On a private Service and a Route: the Service they belong to. */
export const FRONTED_SERVICE_LABEL = 'sluice.dev/service'
/** On a pod template: its pods get the router as a sidecar; the value names the Deployment (sidecarLabel). Put there by the webhook. */
export const SIDECAR_LABEL = 'sluice.dev/sidecar'
/** On a pod: JSON of the ports that its sidecar took over (SidecarPort[]); written by the webhook, read by the controller. */
export const SIDECAR_PORTS = 'sluice.dev/sidecar-ports'
/** On a Route: `sidecar` when the sidecars of the pods carry it, not the shared routers. */
export const PLACEMENT_LABEL = 'sluice.dev/placement'
/** On a private Service: the pod-template-hash of its version. */
export const VERSION_HASH_LABEL = 'sluice.dev/version-hash'

/**
 * Annotation on a Deployment in flight: JSON of the user's fields that the webhook replaced (SavedFields). Its presence is what
 * "in flight" means. Written by the webhook in the same answer that pauses, removed in the one patch that gives everything back.
 */
export const SAVED = 'sluice.dev/saved'
/** Annotation on a Deployment: templateHash() of the stable template; written by the controller at rest, read by the webhook. */
export const STABLE_TEMPLATE = 'sluice.dev/stable-template'
/** Annotation on a Service in proxy mode: JSON of the selector that was taken away. */
export const SAVED_SELECTOR = 'sluice.dev/selector'
/** Annotation on a Deployment: `"true"` lets the next update pass to native Kubernetes unmanaged. */
export const BYPASS = 'sluice.dev/bypass'

/** All annotations that are Sluice's own notes, not the user's settings: kept from oldObject by the webhook (kubectl rollout undo drops them). */
export const INTERNAL_ANNOTATIONS: readonly string[] = [SAVED, STABLE_TEMPLATE]

/** Where Sluice itself runs unless it is told otherwise (POD_NAMESPACE, `--sluice-namespace`). */
export const SLUICE_NAMESPACE = 'sluice-system'
export const ROUTER_APP_LABEL = { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': 'router' } as const
/** The controller's user unless the webhook is told another (`--controller-user`). */
export const CONTROLLER_USER = `system:serviceaccount:${SLUICE_NAMESPACE}:sluice-controller`
/** Every router proves on its admin port to be this one, whatever its address and namespace; no Service has this name. */
export const ROUTER_SERVER_NAME = 'router.sluice.dev'

/** Name of the guard (ValidatingAdmissionPolicy and binding) that goes with a MutatingWebhookConfiguration, e.g. `sluice-guard.sluice.dev`. */
export const guardName = (configuration: string): string => `${configuration}-guard.sluice.dev`

/** Objects that the processes make for themselves, in the namespace where they run. */
export const CONTROLLER_LEASE = 'sluice-controller'
export const PUBLISHER_LEASE = 'sluice-router-publisher'
export const WEBHOOK_SECRET = 'sluice-webhook-tls'
export const ROUTER_SECRET = 'sluice-router-tls'
/** The keys of sticky cookies, kept by the controller, read by the routers. */
export const STICKY_SECRET = 'sluice-sticky-keys'
/** The authority of sidecars, kept by the controller; its certificate alone, for the webhook, is in the ConfigMap. */
export const SIDECAR_SECRET = 'sluice-sidecar-tls'
export const SIDECAR_CA = 'sluice-sidecar-ca'
/** The controller proves to sidecars to be this one. */
export const CONTROLLER_NAME = 'controller.sluice.dev'
/** What the sidecar of a pod proves to be. */
export const sidecarName = (podUid: string): string => `${podUid}.sidecar.sluice.dev`
/** Name of the sidecar among the init containers of a pod. */
export const SIDECAR_CONTAINER = 'sluice-router'

/** A request to this path with the probe header, through a Service, is answered by the router itself, never passed on. */
export const PROBE_PATH = '/.well-known/sluice-probe'
export const PROBE_HEADER = 'x-sluice-probe'
/** On copies of requests that a mirror route makes: `true`, so that an app can leave out what must not happen twice. Such a request is never copied again. */
export const MIRROR_HEADER = 'x-sluice-mirror'
/** On the router's own answers (probe, 502, 503): the router's name. */
export const ROUTER_HEADER = 'x-sluice-router'
