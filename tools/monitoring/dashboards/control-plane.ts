/** Controller and webhook. */
import { RATE, YES_IS_BAD } from './common.ts'
import type { Dashboard } from './dashboard.ts'
import type { Panel } from './panel.ts'

const CONTROLLER = '* on (instance) group_left () sluice_build_info{component="controller"}'
const NOT_ROUTER = '* on (instance) group_left (component) sluice_build_info{component!="router"}'

const p99 = (title: string, description: string, by: string, buckets: string): Panel => ({
  kind: 'timeseries',
  title,
  description,
  unit: 's',
  min: 0,
  queries: [{ expr: `histogram_quantile(0.99, sum by (le, ${by}) (rate(${buckets}${RATE})))`, legend: `{{${by}}}` }],
})

export const CONTROL_PLANE: Dashboard = {
  uid: 'sluice-control-plane',
  title: 'Sluice / Control plane',
  description: 'Controller and webhook: leadership, queues, reconciles, requests to the API, admission.',
  variables: [],
  rows: [
    {
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Leaders',
          description: 'Controllers that lead. There is one.',
          unit: 'short',
          queries: [{ expr: 'sum(sluice_controller_leader)', legend: 'leaders' }],
          thresholds: [
            { from: null, color: 'red' },
            { from: 1, color: 'green' },
            { from: 2, color: 'red' },
          ],
        },
        {
          kind: 'stat',
          title: 'Webhooks',
          description: 'Replicas of the webhook that the API server trusts.',
          unit: 'short',
          queries: [{ expr: 'sum(sluice_webhook_registered)', legend: 'registered' }],
          thresholds: [
            { from: null, color: 'red' },
            { from: 1, color: 'green' },
          ],
        },
        {
          kind: 'stat',
          title: 'Fail-open',
          description: 'Yes: no router is ready, and traffic goes to the stable pods directly.',
          unit: 'short',
          queries: [{ expr: 'max(sluice_controller_fail_open)', legend: 'fail-open' }],
          mappings: YES_IS_BAD,
        },
        {
          kind: 'stat',
          title: 'Earliest end of a certificate',
          description: 'Ours live a year and are renewed after 70 % of it, so this should not come below a hundred days.',
          unit: 'dtdurations',
          queries: [{ expr: 'min(sluice_certificate_expiry_timestamp_seconds) - time()', legend: 'left' }],
          thresholds: [
            { from: null, color: 'red' },
            { from: 14 * 86_400, color: 'orange' },
            { from: 60 * 86_400, color: 'green' },
          ],
        },
      ],
    },
    {
      title: 'Controller',
      height: 8,
      panels: [
        p99(
          'Reconcile, 99 %',
          'Time that a pass takes, writes included, by queue.',
          'name',
          'sluice_reconcile_duration_seconds_bucket',
        ),
        {
          kind: 'timeseries',
          title: 'Reconciles by result',
          description:
            'Passes per second. conflict: the object had changed, which cures itself; error: tried again with growing pauses.',
          unit: 'ops',
          stacked: true,
          min: 0,
          queries: [{ expr: `sum by (result) (rate(sluice_reconcile_total${RATE}))`, legend: '{{result}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Queue depth',
          description: 'Keys that wait to be processed, by queue.',
          unit: 'short',
          min: 0,
          queries: [{ expr: `workqueue_depth ${CONTROLLER}`, legend: '{{name}}' }],
        },
        p99(
          'Wait in the queue, 99 %',
          'Time from a key being added to a worker taking it, by queue. Other controllers have queues of other names.',
          'name',
          'workqueue_queue_duration_seconds_bucket{name=~"rollouts|analysisruns"}',
        ),
      ],
    },
    {
      title: 'Requests to the Kubernetes API',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests',
          description: 'Requests per second of all our processes, by method and resource.',
          unit: 'reqps',
          stacked: true,
          min: 0,
          queries: [
            {
              expr: `sum by (method, resource) (rate(sluice_api_requests_total${RATE}))`,
              legend: '{{method}} {{resource}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Refused and failed',
          description:
            'Requests per second that were not answered with success. 409 is a conflict, which cures itself; 403 a right that is missing; none: no answer.',
          unit: 'reqps',
          min: 0,
          queries: [
            {
              expr: `sum by (code, resource) (rate(sluice_api_requests_total{code!~"200|aborted"}${RATE}))`,
              legend: '{{code}} {{resource}}',
            },
          ],
        },
        p99('Latency, 99 %', 'Time to the end of the answer, by method.', 'method', 'sluice_api_request_duration_seconds_bucket'),
        {
          kind: 'timeseries',
          title: 'Silence of the API server',
          description: 'How long the API server has said nothing on a watch. Bookmarks come about once a minute.',
          unit: 's',
          min: 0,
          queries: [{ expr: 'max by (resource) (sluice_informer_last_event_age_seconds)', legend: '{{resource}}' }],
        },
      ],
    },
    {
      title: 'Webhook',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Reviews',
          description:
            'Admission requests per second by decision. hold: a new version begins; pass: nothing to do; error: no valid request, or a fault of our own.',
          unit: 'reqps',
          stacked: true,
          min: 0,
          queries: [{ expr: `sum by (decision) (rate(sluice_webhook_requests_total${RATE}))`, legend: '{{decision}}' }],
        },
        p99(
          'Review, 99 %',
          'Time from an admission request to its answer, by kind of object.',
          'kind',
          'sluice_webhook_request_duration_seconds_bucket',
        ),
      ],
    },
    {
      title: 'The processes',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'CPU',
          description: 'Cores that controller and webhook take.',
          unit: 'short',
          decimals: 2,
          min: 0,
          queries: [{ expr: `rate(process_cpu_seconds_total${RATE}) ${NOT_ROUTER}`, legend: '{{component}} {{instance}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Memory',
          description: 'Resident memory of controller and webhook.',
          unit: 'bytes',
          min: 0,
          queries: [{ expr: `process_resident_memory_bytes ${NOT_ROUTER}`, legend: '{{component}} {{instance}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Event loop lag, 99 %',
          description: 'One in a hundred turns of the event loop comes later than this.',
          unit: 's',
          min: 0,
          queries: [{ expr: `nodejs_eventloop_lag_p99_seconds ${NOT_ROUTER}`, legend: '{{component}} {{instance}}' }],
        },
      ],
    },
  ],
}
