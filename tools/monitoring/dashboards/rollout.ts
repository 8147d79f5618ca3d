/** One Rollout: canary and stable side by side. */
import { BAD, ENDED, NAMESPACE, RATE, SUCCESS } from './common.ts'
import type { Dashboard } from './dashboard.ts'
import type { Panel } from './panel.ts'

const THIS = 'namespace="$namespace",rollout="$rollout"'
const ROLE = '{{version_role}} {{version}}'
const BY_VERSION = 'version_role, version'

/** Only the series of the phase that holds is left; its name is what is shown. */
const phase: Panel = {
  kind: 'stat',
  title: 'Phase',
  description: 'Where the Rollout stands.',
  unit: 'short',
  queries: [{ expr: `max by (phase) (sluice_rollout_phase{${THIS}}) == 1`, legend: '{{phase}}' }],
  showsName: true,
}

const stat = (title: string, description: string, expr: string, more: Partial<Panel> = {}): Panel => ({
  kind: 'stat',
  title,
  description,
  unit: 'short',
  queries: [{ expr, legend: title }],
  ...more,
})

const quantile = (q: number): Panel => ({
  kind: 'timeseries',
  title: `Latency, ${q * 100} %`,
  description: `${q * 100} % of the requests of a version were answered faster. Measured in the router, from the head of the request to the end of the answer.`,
  unit: 's',
  min: 0,
  queries: [
    {
      expr: `histogram_quantile(${q}, sum by (le, ${BY_VERSION}) (rate(sluice_router_request_duration_seconds_bucket{${THIS}}${RATE})))`,
      legend: ROLE,
    },
  ],
})

export const ROLLOUT: Dashboard = {
  uid: 'sluice-rollout',
  title: 'Sluice / Rollout',
  description: 'One Rollout: traffic, success and latency of canary and stable side by side, steps and verdicts.',
  variables: [
    NAMESPACE,
    { name: 'rollout', label: 'Rollout', query: 'label_values(sluice_rollout_info{namespace="$namespace"}, rollout)' },
  ],
  annotations: [
    {
      name: 'Steps',
      expr: `changes(sluice_rollout_step_index{${THIS}}[1m]) > 0`,
      title: 'Next step',
      color: 'blue',
    },
    {
      name: 'Starts',
      expr: `1000 * max(sluice_rollout_update_started_timestamp_seconds{${THIS}})`,
      title: 'Update began',
      color: 'text',
      atValue: true,
    },
    {
      name: 'Results',
      expr: `increase(sluice_rollout_updates_total{${THIS}}[1m]) > 0`,
      title: '{{result}}',
      color: 'purple',
    },
  ],
  rows: [
    {
      height: 4,
      panels: [
        phase,
        stat(
          'Step',
          'Steps that are done. Equal to the number of steps when all are.',
          `max(sluice_rollout_step_index{${THIS}})`,
        ),
        stat('of', 'Number of steps.', `max(sluice_rollout_steps{${THIS}})`),
        stat(
          'Canary weight',
          'Share of new requests that the version under test is to get.',
          `max(sluice_rollout_canary_weight_ratio{${THIS}})`,
          { unit: 'percentunit' },
        ),
        stat(
          'Canary success',
          'Share of the requests of the canary that were neither answered with a 5xx nor found no answer of a pod, over two minutes.',
          `min(namespace_rollout_version:sluice_router_success:ratio_rate2m{${THIS},version_role="canary"})`,
          { unit: 'percentunit', decimals: 2, thresholds: SUCCESS },
        ),
        stat(
          'In flight for',
          'Time since the update began; empty when none is in flight.',
          `time() - max(sluice_rollout_update_started_timestamp_seconds{${THIS}})`,
          { unit: 'dtdurations' },
        ),
      ],
    },
    {
      title: 'Traffic',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests',
          description:
            'Requests per second by version. At rest the Service does not go through the routers, and there is nothing to show.',
          unit: 'reqps',
          stacked: true,
          min: 0,
          queries: [
            {
              expr: `sum by (${BY_VERSION}) (rate(sluice_router_requests_total{${THIS},${ENDED}}${RATE}))`,
              legend: ROLE,
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Share of the canary',
          description:
            'The weight that is asked for, and the share of the requests that went to the canary. They are the same but for the moments after a change.',
          unit: 'percentunit',
          min: 0,
          max: 1,
          queries: [
            { expr: `max(sluice_rollout_canary_weight_ratio{${THIS}})`, legend: 'weight' },
            { expr: `namespace_rollout:sluice_router_canary_share:ratio_rate2m{${THIS}}`, legend: 'canary share' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Bytes of answers',
          description: 'Bytes per second that each version sent.',
          unit: 'Bps',
          stacked: true,
          min: 0,
          queries: [{ expr: `sum by (${BY_VERSION}) (rate(sluice_router_response_bytes_total{${THIS}}${RATE}))`, legend: ROLE }],
        },
      ],
    },
    {
      title: 'Canary and stable side by side',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Success',
          description:
            'Share of requests that were neither answered with a 5xx nor found no answer of a pod. The check `success-rate` judges the same numbers.',
          unit: 'percentunit',
          max: 1,
          thresholds: SUCCESS,
          queries: [
            {
              expr: `1 - sum by (${BY_VERSION}) (rate(sluice_router_requests_total{${THIS},${BAD}}${RATE})) / (sum by (${BY_VERSION}) (rate(sluice_router_requests_total{${THIS},${ENDED}}${RATE})) > 0)`,
              legend: ROLE,
            },
          ],
        },
        quantile(0.5),
        quantile(0.99),
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Outcomes',
          description: 'Requests per second by role and outcome. failure: no answer of a pod; abort: the client went away.',
          unit: 'reqps',
          min: 0,
          queries: [
            {
              expr: `sum by (version_role, code_class) (rate(sluice_router_requests_total{${THIS}}${RATE}))`,
              legend: '{{version_role}} {{code_class}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'In flight',
          description: 'Requests and passed-through connections that have not ended, by version.',
          unit: 'short',
          min: 0,
          queries: [{ expr: `sum by (${BY_VERSION}) (sluice_router_in_flight{${THIS}})`, legend: ROLE }],
        },
        {
          kind: 'timeseries',
          title: 'Retries and fallbacks',
          description:
            'Attempts beyond the first, and requests meant for the canary that were given to stable since no pod of the canary answered.',
          unit: 'ops',
          min: 0,
          queries: [
            {
              expr: `sum by (version_role) (rate(sluice_router_retries_total{${THIS}}${RATE}))`,
              legend: '{{version_role}} retries',
            },
            {
              expr: `sum by (version_role) (rate(sluice_router_fallbacks_total{${THIS}}${RATE}))`,
              legend: '{{version_role}} fallbacks',
            },
          ],
        },
      ],
    },
    {
      title: 'Steps and verdicts',
      height: 8,
      panels: [
        {
          kind: 'state-timeline',
          title: 'Phase over time',
          description: 'One band for each phase; filled while the Rollout is in it.',
          unit: 'short',
          queries: [{ expr: `max by (phase) (sluice_rollout_phase{${THIS}})`, legend: '{{phase}}' }],
          mappings: [
            { value: '0', text: '', color: 'transparent' },
            { value: '1', text: 'here', color: 'blue' },
          ],
        },
        {
          kind: 'state-timeline',
          title: 'Verdicts',
          description: 'Each check of the newest AnalysisRun, by its verdict so far.',
          unit: 'short',
          queries: [{ expr: `max by (check, phase) (sluice_analysis_check_phase{${THIS}})`, legend: '{{check}}: {{phase}}' }],
          mappings: [{ value: '1', text: 'here', color: 'blue' }],
        },
        {
          kind: 'bargauge',
          title: 'Where the time went',
          description: 'Time that the Rollout waited within the range shown, by what for. A wait counts when it is over.',
          unit: 's',
          min: 0,
          queries: [
            {
              expr: `sum by (reason) (increase(sluice_rollout_waited_seconds_total{${THIS}}[$__range])) > 0`,
              legend: '{{reason}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Pods',
          description: 'Pods that are wished for, of the newest version, and available ones of all versions.',
          unit: 'short',
          min: 0,
          queries: [
            { expr: `max(sluice_rollout_desired_replicas{${THIS}})`, legend: 'desired' },
            { expr: `max(sluice_rollout_replicas{${THIS}})`, legend: 'all' },
            { expr: `max(sluice_rollout_updated_replicas{${THIS}})`, legend: 'newest version' },
            { expr: `max(sluice_rollout_available_replicas{${THIS}})`, legend: 'available' },
          ],
        },
      ],
    },
  ],
}
