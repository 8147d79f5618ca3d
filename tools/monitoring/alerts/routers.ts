/** Alerts about what carries the traffic: for the people who run Sluice. */
import { RECORDED_UPSTREAM_FAILURES } from '../recording-rules.ts'
import type { Alert } from './alert.ts'

const PODS =
  '`kubectl get pods -n sluice-system -l app.kubernetes.io/component=router`, and the events and logs of those that are not ready.'

/** The build information tells which of the processes that a metric of Node's or a queue's is from. */
export const of = (component: string): string => `* on (instance) group_left () sluice_build_info{component="${component}"}`

export const ROUTER_ALERTS: readonly Alert[] = [
  {
    name: 'SluiceAllRoutersDown',
    severity: 'critical',
    expr: 'max(sluice_controller_fail_open) == 1',
    for: '1m',
    summary: 'No router of Sluice is ready although Services are in proxy mode',
    runbook: {
      means: 'There are Routes and not one ready router pod.',
      impact:
        'The controller has withdrawn the endpoints of the routers, so service proxies send to the stable pods directly: users are served by the stable version, canaries get nothing. Rollouts stand still; abort works.',
      look: [PODS, 'Are the nodes that they run on gone, or is a PodDisruptionBudget or quota in the way?'],
      fix: 'Bring one router back; it takes its place by itself. Until then no update goes on. `kubectl sluice eject deployment/NAME` takes a Deployment out of Sluice altogether.',
    },
  },
  {
    name: 'SluiceRouterNotReady',
    severity: 'warning',
    expr: 'sum(sluice_controller_router_pods{ready="false"}) > 0',
    for: '10m',
    summary: '{{ $value }} router pods of Sluice have not been ready for ten minutes',
    runbook: {
      means: 'Some routers are not ready, or there are more pods than the nodes can run.',
      impact: 'The others carry the traffic. A further failure may be one too many.',
      look: [PODS, '`/readyz` on port 8081 of the pod says in one sentence what is missing.'],
      fix: 'Whatever keeps the pod from becoming ready; most often resources, the API server or a port that cannot be listened on.',
    },
  },
  {
    name: 'SluiceRouteRefused',
    severity: 'warning',
    expr: 'sum by (namespace, service) (sluice_router_route_refused) > 0',
    for: '1m',
    summary: '{{ $value }} routers refuse the Route {{ $labels.namespace }}/{{ $labels.service }}',
    runbook: {
      means:
        'The newest version of a Route has something in it that a router cannot run, e.g. a regular expression that is not safe or a port that another Route has.',
      impact: 'The last good version of the Route stays in force. The Rollout waits, for the version is never acknowledged.',
      look: [
        '`kubectl sluice get ROLLOUT -n NAMESPACE`: shows the reason as the router gives it.',
        'The log of any router: `Route refused, the last good one stays`, with the field and what is allowed.',
        'Routers of two versions of Sluice at once: the older may not know a field of the newer.',
      ],
      fix: 'Correct the annotation that the field comes from, or finish the upgrade of Sluice.',
    },
  },
  {
    name: 'SluiceRoutersDisagree',
    severity: 'warning',
    expr: 'max by (namespace, service) (sluice_router_route_version) != min by (namespace, service) (sluice_router_route_version)',
    for: '3m',
    summary: 'Routers run different versions of the Route {{ $labels.namespace }}/{{ $labels.service }}',
    runbook: {
      means: 'For three minutes not all routers have run the same version of a Route.',
      impact: 'The share of the canary lies between two steps. The Rollout waits for the router that is behind.',
      look: [
        'Which router is behind: the panel Route versions of the dashboard Sluice / Router.',
        'Its log: is its watch of Routes failing (`sluice_informer_failures_total`), does it refuse the Route?',
      ],
      fix: 'Delete the pod that is behind; the new one starts with the newest Routes.',
    },
  },
  {
    name: 'SluiceRouterStaleRoutes',
    severity: 'warning',
    expr: 'sluice_router_routes_live == 0',
    for: '5m',
    summary: 'Router {{ $labels.instance }} has not heard of the API server since it started',
    runbook: {
      means: 'A router started five minutes ago and still runs on the Routes from disk, or on none.',
      impact: 'It carries traffic by what was last written to its disk: pods that were replaced since are missing.',
      look: ['The log of the router: why does its list of Routes fail?', 'Its rights: `kubectl sluice check cluster`.'],
      fix: 'Its way to the API server: network policy, credentials, rights.',
    },
  },
  {
    name: 'SluiceRouterLagging',
    severity: 'warning',
    expr: `(nodejs_eventloop_lag_p99_seconds ${of('router')} or sluice_router_worker_eventloop_lag_p99_seconds) > 0.25`,
    for: '5m',
    summary: 'The event loop of router {{ $labels.instance }} lags by {{ $value | humanizeDuration }}',
    runbook: {
      means: 'A router, or one of its workers, is busy: one in a hundred turns of its event loop comes more than 250 ms late.',
      impact: 'Every request through it takes that much longer; for checks with `p99` both versions look slow.',
      look: ['CPU of the pod against its limit (throttling).', 'Requests per router: the dashboard Sluice / Router.'],
      fix: 'More CPU, more routers, or more workers in each (`router.workers`).',
    },
  },
  {
    name: 'SluiceRouterWorkersDie',
    severity: 'warning',
    expr: 'increase(sluice_router_worker_deaths_total[15m]) > 1',
    for: '0m',
    summary: 'Workers of router {{ $labels.instance }} died {{ $value | printf "%.0f" }} times in a quarter of an hour',
    runbook: {
      means: 'Worker processes of a router end without being told to.',
      impact:
        'The requests under way in a worker are lost with it. Others go to the workers that are left while it is replaced, the sooner the fewer have died.',
      look: [
        'The log of the router: `a worker died`, with the signal or exit code, and before it `a worker ends because of an error` or `a worker hangs`.',
        'SIGKILL: is the memory limit of the pod too low for its workers? `sluice_router_worker_resident_memory_bytes`.',
      ],
      fix: 'More memory or fewer workers for SIGKILL; else the error in the log is a bug of Sluice: please report it.',
    },
  },
  {
    name: 'SluiceUpstreamFailures',
    severity: 'warning',
    expr: `${RECORDED_UPSTREAM_FAILURES} > 0.05`,
    for: '5m',
    summary:
      '{{ $value | humanizePercentage }} of the requests of {{ $labels.namespace }}/{{ $labels.rollout }} find no answer at a pod',
    runbook: {
      means: 'Pods refuse connections, reset them, or do not answer in time.',
      impact: 'A request is tried on other pods and then on the stable version; who finds none gets 502, 503 or 504.',
      look: [
        'Which version: the panel Outcomes of the dashboard Sluice / Rollout.',
        'The logs and restarts of its pods.',
        'Do the pods end before their endpoints are withdrawn? A `preStop` sleep of a few seconds cures that.',
      ],
      fix: 'The app, as a rule. If only the canary is concerned, its checks will take it back.',
    },
  },
]
