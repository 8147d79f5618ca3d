/** What several dashboards have in common. */
import type { Variable } from './dashboard.ts'
import type { Mapping, Threshold } from './panel.ts'

export const NAMESPACE: Variable = {
  name: 'namespace',
  label: 'Namespace',
  query: 'label_values(sluice_rollout_info, namespace)',
}

/** Rates over what Grafana finds right for the zoom and the scrape interval. */
export const RATE = '[$__rate_interval]'

/** A request that its client gave up counts for nothing, as in the checks. */
export const ENDED = 'code_class!="abort"'
export const BAD = 'code_class=~"5xx|failure"'

export const YES_IS_BAD: readonly Mapping[] = [
  { value: '0', text: 'no', color: 'green' },
  { value: '1', text: 'yes', color: 'red' },
]
export const NO_IS_BAD: readonly Mapping[] = [
  { value: '0', text: 'no', color: 'red' },
  { value: '1', text: 'yes', color: 'green' },
]

/** 99 % is what the default check asks for. */
export const SUCCESS: readonly Threshold[] = [
  { from: null, color: 'red' },
  { from: 0.99, color: 'orange' },
  { from: 0.995, color: 'green' },
]

export const NONE_IS_GOOD: readonly Threshold[] = [
  { from: null, color: 'green' },
  { from: 1, color: 'red' },
]
