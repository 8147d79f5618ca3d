/** How a Rollout says who splits the traffic. */
import { anything, array, either, type Infer, integer, map, object, required, string, word } from './schema/schema.ts'

/** Name of the traffic plugin under which a Rollout carries SluiceRouterConfig. */
export const SLUICE_ROUTER = 'sluice/router'

export const SLUICE_ROUTER_CONFIG = object('What the `sluice/router` plugin is told.', {
  router: required(word('How traffic is split; `none`: by pod count.', ['auto', 'shared', 'sidecar', 'none'])),
  services: array('Services to front; every Service whose selector matches the pods where nothing is said.', string('')),
  sticky: either('What keeps one user on one version.', [
    word('The cookie or the client address.', ['cookie', 'ip']),
    object('A header.', { header: required(string('Its name.', { example: 'X-User' })) }),
  ]),
  timeouts: object('How long a router waits for a pod; the flags of the router where nothing is said. `off`: no limit.', {
    connect: string('To accept a connection.', { example: '2s' }),
    response: string('To begin its answer.', { example: '30s' }),
    idle: string('For the next bytes of what passes, either way.', { example: '5m' }),
  }),
  mode: word('`always`: stay in the path at rest.', ['on-demand', 'always']),
  checks: array(
    'The short checks of the `analysis` annotation, in the order written.',
    string('', { example: 'success-rate >= 99%' }),
  ),
})

/** Providers other than the plugin are served by their own files in `traffic/`, which decode their config. */
const provider = (name: string) => anything(`Config of the ${name} provider, as in Argo Rollouts.`)

export const TRAFFIC_ROUTING = object(
  'Who splits the traffic. Without it, and without the plugin, the split is by pod count.',
  {
    plugins: map(`Config by plugin name; \`${SLUICE_ROUTER}\` is Sluice's own router.`, anything('Its config.')),
    managedRoutes: array(
      'Header and mirror routes that steps may make, in order of precedence.',
      object('One route.', { name: required(string('Unique name.')) }),
    ),
    maxTrafficWeight: integer('What weights are counted in; 100 where nothing is said.', { min: 1 }),
    istio: provider('Istio'),
    nginx: provider('NGINX Ingress'),
    alb: provider('AWS Load Balancer'),
    smi: provider('SMI'),
    ambassador: provider('Ambassador'),
    appMesh: provider('AWS App Mesh'),
    traefik: provider('Traefik'),
    apisix: provider('APISIX'),
  },
  { open: true },
)

export type SluiceRouterConfig = Infer<typeof SLUICE_ROUTER_CONFIG>
