/** Series that are computed once for dashboards, alerts and people: success and latency by version. */

export type RecordingRule = { readonly record: string; readonly expr: string }

/** Windows are two minutes: four scrapes at the default interval, and not longer than the shortest step that anybody should take. */
const WINDOW = '2m'
const BY_VERSION = 'namespace, rollout, version, version_role'
/** A request that its client gave up counts for nothing; see analysis/. */
const ENDED = `sluice_router_requests_total{code_class!="abort"}`
const BAD = `sluice_router_requests_total{code_class=~"5xx|failure"}`

const quantile = (name: string, q: number): RecordingRule => ({
  record: `namespace_rollout_version:sluice_router_request_duration_seconds:${name}_rate${WINDOW}`,
  expr: `histogram_quantile(${q}, sum by (le, ${BY_VERSION}) (rate(sluice_router_request_duration_seconds_bucket[${WINDOW}])))`,
})

export const RECORDED_REQUESTS = `namespace_rollout_version:sluice_router_requests:rate${WINDOW}`
export const RECORDED_SUCCESS = `namespace_rollout_version:sluice_router_success:ratio_rate${WINDOW}`
export const RECORDED_SHARE = `namespace_rollout:sluice_router_canary_share:ratio_rate${WINDOW}`
export const RECORDED_UPSTREAM_FAILURES = `namespace_rollout:sluice_router_upstream_failures:ratio_rate${WINDOW}`

export const RECORDING_RULES: readonly RecordingRule[] = [
  { record: RECORDED_REQUESTS, expr: `sum by (${BY_VERSION}) (rate(${ENDED}[${WINDOW}]))` },
  {
    record: RECORDED_SUCCESS,
    expr: `1 - sum by (${BY_VERSION}) (rate(${BAD}[${WINDOW}])) / (sum by (${BY_VERSION}) (rate(${ENDED}[${WINDOW}])) > 0)`,
  },
  quantile('p50', 0.5),
  quantile('p95', 0.95),
  quantile('p99', 0.99),
  {
    record: RECORDED_SHARE,
    expr: `sum by (namespace, rollout) (${RECORDED_REQUESTS}{version_role="canary"}) / (sum by (namespace, rollout) (${RECORDED_REQUESTS}{version_role=~"stable|canary"}) > 0)`,
  },
  {
    record: RECORDED_UPSTREAM_FAILURES,
    expr: `sum by (namespace, rollout) (rate(sluice_router_upstream_failures_total[${WINDOW}])) / (sum by (namespace, rollout) (rate(${ENDED}[${WINDOW}])) > 0)`,
  },
]
