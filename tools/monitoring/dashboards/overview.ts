/** All Rollouts at a glance. */
import { BAD, ENDED, NONE_IS_GOOD, RATE, SUCCESS, YES_IS_BAD } from './common.ts'
import type { Dashboard } from './dashboard.ts'
import type { Panel } from './panel.ts'

const IN = '{namespace=~"$namespace"}'

const countOf = (phase: string, description: string, panel: Partial<Panel> = {}): Panel => ({
  kind: 'stat',
  title: phase,
  description,
  unit: 'short',
  queries: [{ expr: `sum(sluice_rollout_phase{namespace=~"$namespace",phase="${phase}"})`, legend: phase }],
  ...panel,
})

export const OVERVIEW: Dashboard = {
  uid: 'sluice-overview',
  title: 'Sluice / Overview',
  description: 'All Rollouts: where they stand, how they ended, and how the traffic that goes through routers fares.',
  variables: [{ name: 'namespace', label: 'Namespace', query: 'label_values(sluice_rollout_info, namespace)', multi: true }],
  rows: [
    {
      height: 4,
      panels: [
        countOf('Healthy', 'Rollouts whose newest template is the stable one.'),
        countOf('Progressing', 'Rollouts in which pods start, weights move or routers acknowledge.'),
        countOf('Paused', 'Rollouts at a pause of their steps, or with checks that cannot tell.'),
        countOf('Degraded', 'Rollouts that were rolled back or aborted: all traffic is on the stable version.', {
          thresholds: NONE_IS_GOOD,
        }),
        {
          kind: 'stat',
          title: 'Ready routers',
          description: 'Router pods that are ready, as the leading controller sees them.',
          unit: 'short',
          queries: [{ expr: 'sum(sluice_controller_router_pods{ready="true"})', legend: 'ready' }],
          thresholds: [
            { from: null, color: 'red' },
            { from: 1, color: 'orange' },
            { from: 2, color: 'green' },
          ],
        },
        {
          kind: 'stat',
          title: 'Fail-open',
          description: 'Yes: no router is ready, traffic goes to the stable pods directly, and rollouts stand still.',
          unit: 'short',
          queries: [{ expr: 'max(sluice_controller_fail_open)', legend: 'fail-open' }],
          mappings: YES_IS_BAD,
        },
      ],
    },
    {
      title: 'Rollouts',
      height: 9,
      panels: [
        {
          kind: 'table',
          title: 'In flight: weight of the canary',
          description: 'Rollouts with a version under test, and the share of new requests that it is to get.',
          unit: 'percentunit',
          columns: { namespace: 'Namespace', rollout: 'Rollout' },
          valueTitle: 'Canary weight',
          queries: [
            {
              expr: `max by (namespace, rollout) (sluice_rollout_canary_weight_ratio${IN}) and on (namespace, rollout) sluice_rollout_update_started_timestamp_seconds`,
              legend: '',
            },
          ],
        },
        {
          kind: 'table',
          title: 'Waiting',
          description: 'What Rollouts wait for, and for how long. A long wait that is not a pause is worth a look.',
          unit: 'dtdurations',
          columns: { namespace: 'Namespace', rollout: 'Rollout', reason: 'For' },
          valueTitle: 'Time',
          queries: [
            {
              expr: `time() - max by (namespace, rollout, reason) (sluice_rollout_waiting_since_timestamp_seconds${IN})`,
              legend: '',
            },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Updates that ended',
          description:
            'Ends per interval by result. rolled_back: checks or the deadline failed; superseded: another template came first.',
          unit: 'short',
          stacked: true,
          min: 0,
          queries: [{ expr: `sum by (result) (increase(sluice_rollout_updates_total${IN}${RATE}))`, legend: '{{result}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Verdicts of analyses',
          description: 'AnalysisRuns that ended per interval, by verdict.',
          unit: 'short',
          stacked: true,
          min: 0,
          queries: [{ expr: `sum by (phase) (increase(sluice_analysis_runs_total${IN}${RATE}))`, legend: '{{phase}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Duration of updates',
          description:
            'Median time from the start of an update to its result, of those that ended within the last day, over all namespaces.',
          unit: 's',
          min: 0,
          queries: [
            {
              expr: 'histogram_quantile(0.5, sum by (le, result) (increase(sluice_rollout_update_duration_seconds_bucket[1d])))',
              legend: '{{result}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Traffic through the routers',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests',
          description:
            'Requests per second through all routers, by role of the version that took them. At rest a Service does not go through the routers.',
          unit: 'reqps',
          stacked: true,
          min: 0,
          queries: [
            {
              expr: `sum by (version_role) (rate(sluice_router_requests_total{namespace=~"$namespace",${ENDED}}${RATE}))`,
              legend: '{{version_role}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Success',
          description: 'Share of requests that were neither answered with a 5xx nor found no answer of a pod, by role.',
          unit: 'percentunit',
          max: 1,
          thresholds: SUCCESS,
          queries: [
            {
              expr: `1 - sum by (version_role) (rate(sluice_router_requests_total{namespace=~"$namespace",${BAD}}${RATE})) / (sum by (version_role) (rate(sluice_router_requests_total{namespace=~"$namespace",${ENDED}}${RATE})) > 0)`,
              legend: '{{version_role}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Services in proxy mode',
          description: 'Routes by namespace: Services whose traffic goes through the routers, or is on its way in or out.',
          unit: 'short',
          stacked: true,
          min: 0,
          queries: [{ expr: `sum by (namespace) (sluice_controller_routes${IN})`, legend: '{{namespace}}' }],
        },
      ],
    },
  ],
}
