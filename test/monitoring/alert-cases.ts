/** For each alert: series under which it must fire, and series under which it must stay silent. A value is given for each minute. */

export type Scenario = {
  readonly when: string
  /** By series; values as in promtool's tests, e.g. `0x30` or `0+60x30`. */
  readonly input: { readonly [series: string]: string }
  /** When to look, e.g. `20m`. */
  readonly at: string
}

export type AlertCase = {
  readonly alert: string
  /** `labels`: of the alert that must fire, besides its name and severity. */
  readonly fires: readonly (Scenario & { readonly labels: { readonly [label: string]: string } })[]
  readonly silent: readonly Scenario[]
}

const ID = 'namespace="shop",rollout="web"'
const WEB = { namespace: 'shop', rollout: 'web' }
const waiting = (reason: string) => `sluice_rollout_waiting_since_timestamp_seconds{${ID},reason="${reason}"}`
const build = (component: string) => `sluice_build_info{component="${component}",instance="i",version="1",node="v24"}`
const updates = (result: string) => `sluice_rollout_updates_total{${ID},result="${result}"}`
const version = (router: string) => `sluice_router_route_version{namespace="shop",service="web",instance="${router}"}`
const requests = (code: string) =>
  `sluice_router_requests_total{${ID},service="web",version_role="canary",version="v2",code_class="${code}"}`
const failures = `sluice_router_upstream_failures_total{${ID},service="web",version_role="canary",version="v2"}`
const api = (code: string) => `sluice_api_requests_total{method="patch",resource="services",code="${code}"}`
const bucket = (le: string) => `sluice_webhook_request_duration_seconds_bucket{kind="Deployment",le="${le}"}`
const certificate = 'sluice_certificate_expiry_timestamp_seconds{instance="i"}'
const DAY = 86_400

export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'SluiceRolloutStuck',
    fires: [
      {
        when: 'pods have not become ready for 20 minutes',
        input: { [waiting('PodsBecomingReady')]: '0x60' },
        at: '20m',
        labels: { ...WEB, reason: 'PodsBecomingReady' },
      },
    ],
    silent: [
      { when: 'it has waited for 10 minutes', input: { [waiting('PodsBecomingReady')]: '0x60' }, at: '10m' },
      { when: 'it is at a pause', input: { [waiting('Pause')]: '0x60' }, at: '50m' },
      { when: 'it waits for one thing after the other', input: { [waiting('TrafficShifting')]: '0+60x60' }, at: '50m' },
    ],
  },
  {
    alert: 'SluiceRolloutRolledBack',
    fires: [
      {
        when: 'one rollback was counted',
        input: { [updates('rolled_back')]: '0x5 1x30' },
        at: '8m',
        labels: WEB,
      },
    ],
    silent: [
      {
        when: 'a promotion was counted',
        input: { [updates('rolled_back')]: '0x30', [updates('promoted')]: '0x5 1x30' },
        at: '8m',
      },
      { when: 'the rollback was 25 minutes ago', input: { [updates('rolled_back')]: '0x5 1x60' }, at: '30m' },
    ],
  },
  {
    alert: 'SluiceRolloutInconclusive',
    fires: [
      {
        when: 'checks have not been able to tell for 15 minutes',
        input: { [waiting('AnalysisInconclusive')]: '0x60' },
        at: '15m',
        labels: { ...WEB, reason: 'AnalysisInconclusive' },
      },
    ],
    silent: [{ when: 'analysis is still running', input: { [waiting('Analysis')]: '0x60' }, at: '14m' }],
  },
  {
    alert: 'SluiceRolloutPausedLong',
    fires: [
      {
        when: 'a pause has lasted for a day',
        input: { [waiting('Pause')]: `-${DAY}x30` },
        at: '5m',
        labels: { ...WEB, reason: 'Pause' },
      },
      {
        when: 'a person paused it a day ago',
        input: { [waiting('PausedByUser')]: `-${DAY}x30` },
        at: '5m',
        labels: { ...WEB, reason: 'PausedByUser' },
      },
    ],
    silent: [{ when: 'a pause has lasted for 23 hours', input: { [waiting('Pause')]: `-${23 * 3600}x30` }, at: '5m' }],
  },
  {
    alert: 'SluiceAllRoutersDown',
    fires: [
      {
        when: 'the leader sees Routes and no router',
        input: { 'sluice_controller_fail_open{instance="a"}': '1x10', 'sluice_controller_fail_open{instance="b"}': '0x10' },
        at: '5m',
        labels: {},
      },
    ],
    silent: [
      { when: 'it lasted for seconds', input: { sluice_controller_fail_open: '0x3 1 0x10' }, at: '4m' },
      { when: 'routers are there', input: { sluice_controller_fail_open: '0x10' }, at: '5m' },
    ],
  },
  {
    alert: 'SluiceRouterNotReady',
    fires: [
      {
        when: 'one of two routers is not ready',
        input: { 'sluice_controller_router_pods{ready="false"}': '1x30' },
        at: '15m',
        labels: {},
      },
    ],
    silent: [
      { when: 'a router restarts', input: { 'sluice_controller_router_pods{ready="false"}': '0x5 1x5 0x30' }, at: '11m' },
      { when: 'all are ready', input: { 'sluice_controller_router_pods{ready="false"}': '0x30' }, at: '15m' },
    ],
  },
  {
    alert: 'SluiceRouteRefused',
    fires: [
      {
        when: 'two routers refuse one Route',
        input: {
          'sluice_router_route_refused{namespace="shop",service="web",instance="a"}': '1x10',
          'sluice_router_route_refused{namespace="shop",service="web",instance="b"}': '1x10',
        },
        at: '5m',
        labels: { namespace: 'shop', service: 'web' },
      },
    ],
    silent: [{ when: 'no Route is refused', input: { [version('a')]: '1x10' }, at: '5m' }],
  },
  {
    alert: 'SluiceRoutersDisagree',
    fires: [
      {
        when: 'one router stays behind',
        input: { [version('a')]: '3x2 4x20', [version('b')]: '3x30' },
        at: '10m',
        labels: { namespace: 'shop', service: 'web' },
      },
    ],
    silent: [
      { when: 'a router is a minute behind', input: { [version('a')]: '3x2 4x20', [version('b')]: '3x3 4x20' }, at: '10m' },
      {
        when: 'each Route has its own version',
        input: { [version('a')]: '3x30', 'sluice_router_route_version{namespace="shop",service="api",instance="a"}': '9x30' },
        at: '10m',
      },
    ],
  },
  {
    alert: 'SluiceRouterStaleRoutes',
    fires: [
      {
        when: 'a router runs on routes from disk',
        input: { 'sluice_router_routes_live{instance="i"}': '0x20' },
        at: '10m',
        labels: { instance: 'i' },
      },
    ],
    silent: [
      {
        when: 'the API server answered after two minutes',
        input: { 'sluice_router_routes_live{instance="i"}': '0x2 1x20' },
        at: '10m',
      },
    ],
  },
  {
    alert: 'SluiceRouterLagging',
    fires: [
      {
        when: 'a router lags',
        input: { [build('router')]: '1x20', 'nodejs_eventloop_lag_p99_seconds{instance="i"}': '0.5x20' },
        at: '10m',
        labels: { instance: 'i' },
      },
      {
        when: 'one of its workers lags, and the process that leads them does not',
        input: {
          [build('router')]: '1x20',
          'nodejs_eventloop_lag_p99_seconds{instance="i"}': '0.02x20',
          'sluice_router_worker_eventloop_lag_p99_seconds{instance="i",worker="1"}': '0.02x20',
          'sluice_router_worker_eventloop_lag_p99_seconds{instance="i",worker="2"}': '0.5x20',
        },
        at: '10m',
        labels: { instance: 'i', worker: '2' },
      },
    ],
    silent: [
      {
        when: 'another Node.js process lags',
        input: { [build('controller')]: '1x20', 'nodejs_eventloop_lag_p99_seconds{instance="i"}': '0.5x20' },
        at: '10m',
      },
      {
        when: 'a router is on time',
        input: { [build('router')]: '1x20', 'nodejs_eventloop_lag_p99_seconds{instance="i"}': '0.02x20' },
        at: '10m',
      },
    ],
  },
  {
    alert: 'SluiceRouterWorkersDie',
    fires: [
      {
        when: 'workers die again and again',
        input: { 'sluice_router_worker_deaths_total{instance="i"}': '0 1 2 3 3x20' },
        at: '10m',
        labels: { instance: 'i' },
      },
    ],
    silent: [
      {
        when: 'one worker died',
        input: { 'sluice_router_worker_deaths_total{instance="i"}': '0x4 1x20' },
        at: '10m',
      },
      {
        when: 'it was long ago',
        input: { 'sluice_router_worker_deaths_total{instance="i"}': '0 1 2 3 3x40' },
        at: '30m',
      },
    ],
  },
  {
    alert: 'SluiceUpstreamFailures',
    fires: [
      {
        when: 'a tenth finds no pod',
        input: { [requests('2xx')]: '0+540x30', [requests('failure')]: '0+60x30', [failures]: '0+60x30' },
        at: '15m',
        labels: WEB,
      },
    ],
    silent: [
      {
        when: 'one in a hundred finds no pod',
        input: { [requests('2xx')]: '0+594x30', [requests('failure')]: '0+6x30', [failures]: '0+6x30' },
        at: '15m',
      },
    ],
  },
  {
    alert: 'SluiceControllerNoLeader',
    fires: [
      { when: 'no replica leads', input: { 'sluice_controller_leader{instance="a"}': '0x10' }, at: '5m', labels: {} },
      { when: 'there is no replica', input: { up: '1x10' }, at: '5m', labels: {} },
    ],
    silent: [
      {
        when: 'one of two leads',
        input: { 'sluice_controller_leader{instance="a"}': '0x10', 'sluice_controller_leader{instance="b"}': '1x10' },
        at: '5m',
      },
    ],
  },
  {
    alert: 'SluiceControllerTwoLeaders',
    fires: [
      {
        when: 'two lead',
        input: { 'sluice_controller_leader{instance="a"}': '1x10', 'sluice_controller_leader{instance="b"}': '1x10' },
        at: '5m',
        labels: {},
      },
    ],
    silent: [
      {
        when: 'one hands over to the other',
        input: { 'sluice_controller_leader{instance="a"}': '1x4 0x10', 'sluice_controller_leader{instance="b"}': '0x4 1x10' },
        at: '8m',
      },
    ],
  },
  {
    alert: 'SluiceReconcileErrors',
    fires: [
      {
        when: 'one pass a minute fails',
        input: { 'sluice_reconcile_total{name="rollouts",result="error"}': '0+1x40' },
        at: '20m',
        labels: { name: 'rollouts' },
      },
    ],
    silent: [
      {
        when: 'passes meet conflicts',
        input: {
          'sluice_reconcile_total{name="rollouts",result="conflict"}': '0+10x40',
          'sluice_reconcile_total{name="rollouts",result="error"}': '0x40',
        },
        at: '20m',
      },
      { when: 'two passes failed', input: { 'sluice_reconcile_total{name="rollouts",result="error"}': '0x5 2x40' }, at: '12m' },
    ],
  },
  {
    alert: 'SluiceControllerWorkerStuck',
    fires: [
      {
        when: 'a pass does not end',
        input: {
          [build('controller')]: '1x40',
          'workqueue_longest_running_processor_seconds{name="rollouts",instance="i"}': '0+60x40',
        },
        at: '20m',
        labels: { name: 'rollouts', instance: 'i' },
      },
    ],
    silent: [
      {
        when: 'it is the queue of another controller',
        input: {
          [build('webhook')]: '1x40',
          'workqueue_longest_running_processor_seconds{name="rollouts",instance="i"}': '0+60x40',
        },
        at: '20m',
      },
      {
        when: 'passes are short',
        input: {
          [build('controller')]: '1x40',
          'workqueue_longest_running_processor_seconds{name="rollouts",instance="i"}': '0.1x40',
        },
        at: '20m',
      },
    ],
  },
  {
    alert: 'SluiceAPIErrors',
    fires: [
      {
        when: 'a fifth is answered with 503',
        input: { [api('200')]: '0+80x40', [api('503')]: '0+20x40' },
        at: '30m',
        labels: { method: 'patch', resource: 'services' },
      },
    ],
    silent: [
      {
        when: 'conflicts are many',
        input: { [api('200')]: '0+80x40', [api('409')]: '0+20x40', [api('503')]: '0x40' },
        at: '30m',
      },
    ],
  },
  {
    alert: 'SluiceAPIForbidden',
    fires: [
      {
        when: 'a right is missing',
        input: { [api('403')]: '0+1x40' },
        at: '20m',
        labels: { method: 'patch', resource: 'services' },
      },
    ],
    silent: [
      { when: 'nothing was forbidden for half an hour', input: { [api('403')]: '3x40', [api('200')]: '0+9x40' }, at: '30m' },
    ],
  },
  {
    alert: 'SluiceWebhookDown',
    fires: [
      { when: 'the API server trusts none', input: { 'sluice_webhook_registered{instance="a"}': '0x10' }, at: '5m', labels: {} },
      { when: 'there is none', input: { up: '1x10' }, at: '5m', labels: {} },
    ],
    silent: [
      {
        when: 'one of two is trusted',
        input: { 'sluice_webhook_registered{instance="a"}': '0x10', 'sluice_webhook_registered{instance="b"}': '1x10' },
        at: '5m',
      },
    ],
  },
  {
    alert: 'SluiceWebhookErrors',
    fires: [
      {
        when: 'one request a minute cannot be answered',
        input: { 'sluice_webhook_requests_total{kind="other",decision="error"}': '0+1x40' },
        at: '20m',
        labels: {},
      },
    ],
    silent: [
      {
        when: 'wrong annotations are denied',
        input: { 'sluice_webhook_requests_total{kind="Deployment",decision="deny"}': '0+9x40' },
        at: '20m',
      },
    ],
  },
  {
    alert: 'SluiceWebhookSlow',
    fires: [
      {
        when: 'half of the reviews take two seconds',
        input: { [bucket('0.1')]: '0+5x40', [bucket('2.5')]: '0+10x40', [bucket('+Inf')]: '0+10x40' },
        at: '30m',
        labels: {},
      },
    ],
    silent: [
      {
        when: 'reviews take milliseconds',
        input: { [bucket('0.1')]: '0+10x40', [bucket('2.5')]: '0+10x40', [bucket('+Inf')]: '0+10x40' },
        at: '30m',
      },
    ],
  },
  {
    alert: 'SluiceCertificateExpiring',
    fires: [{ when: 'ten days are left', input: { [certificate]: `${10 * DAY}x200` }, at: '2h', labels: { instance: 'i' } }],
    silent: [{ when: 'a hundred days are left', input: { [certificate]: `${100 * DAY}x200` }, at: '2h' }],
  },
]
