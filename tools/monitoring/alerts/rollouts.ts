/** Alerts about single Rollouts: for the people whose Deployment it is. */
import type { Alert } from './alert.ts'

/** Waits that are meant, or that only a person ends. */
const MEANT = 'Pause|PausedByUser|AnalysisInconclusive|ScaledToZero'
/** Without the replica that tells: another leader must not make it another alert. */
const since = (reasons: string): string =>
  `time() - max by (namespace, rollout, reason) (sluice_rollout_waiting_since_timestamp_seconds{reason${reasons}})`
const WHICH = '{{ $labels.namespace }}/{{ $labels.rollout }}'
const GET = '`kubectl sluice get ROLLOUT -n NAMESPACE`: the sentence under the steps names what is waited for, and what ends it.'

export const ROLLOUT_ALERTS: readonly Alert[] = [
  {
    name: 'SluiceRolloutStuck',
    severity: 'warning',
    expr: `${since(`!~"${MEANT}"`)} > 900`,
    for: '1m',
    summary: `Rollout ${WHICH} has waited {{ $value | humanizeDuration }} for {{ $labels.reason }}`,
    runbook: {
      means: 'A Rollout has waited for the same thing for more than 15 minutes, and it is not a pause that somebody asked for.',
      impact: 'Traffic flows with the weights that were last set. The update neither goes on nor back by itself.',
      look: [
        GET,
        '`PodsBecomingReady`: `kubectl describe pods` of the new version; the progress deadline aborts in the end.',
        '`RouterAcknowledgement`, `EnteringProxyMode`, `LeavingProxyMode`: the dashboard Sluice / Router; is a router refusing the Route or not reachable from the controller?',
        '`Analysis`: too few requests for a verdict; the checks and their numbers are in the AnalysisRun.',
      ],
      fix: '`kubectl sluice promote` goes past the step, `kubectl sluice abort` puts all traffic back on the stable version.',
    },
  },
  {
    name: 'SluiceRolloutRolledBack',
    severity: 'warning',
    expr: 'sum by (namespace, rollout) (increase(sluice_rollout_updates_total{result="rolled_back"}[15m])) > 0',
    summary: `Rollout ${WHICH} was rolled back`,
    runbook: {
      means: 'A check of the new version failed, or its pods did not become available before the progress deadline.',
      impact:
        'All traffic is on the stable version again. A share of the requests, at most the weight of the canary, met the bad version.',
      look: [
        '`kubectl sluice get ROLLOUT -n NAMESPACE`: the message says which check failed and by which numbers.',
        'The dashboard Sluice / Rollout at the time of the annotation: success and latency of canary and stable side by side.',
        'The logs of the pods of the version that failed.',
      ],
      fix: 'Apply a corrected version. If the version was not at fault, `kubectl sluice retry` tries it again. The alert ends 15 minutes after the rollback.',
    },
  },
  {
    name: 'SluiceRolloutInconclusive',
    severity: 'warning',
    expr: `${since('="AnalysisInconclusive"')} > 600`,
    summary: `The checks of Rollout ${WHICH} cannot tell whether the new version is good`,
    runbook: {
      means: 'An analysis ended without a verdict, and the Rollout has been paused for ten minutes because of it.',
      impact: 'The canary keeps its weight. Nothing goes on until a person decides.',
      look: [
        GET,
        'The AnalysisRun: `kubectl get analysisruns -n NAMESPACE`; its message says what is missing, most often requests.',
      ],
      fix: '`kubectl sluice promote` when the version is good, `kubectl sluice abort` when it is not.',
    },
  },
  {
    name: 'SluiceRolloutPausedLong',
    severity: 'info',
    expr: `${since('=~"Pause|PausedByUser"')} > 86400`,
    summary: `Rollout ${WHICH} has been paused for {{ $value | humanizeDuration }}`,
    runbook: {
      means: 'A Rollout has waited at a pause for more than a day.',
      impact: 'Two versions serve, and the Services go through the routers all the time.',
      look: [GET],
      fix: '`kubectl sluice promote`, `kubectl sluice resume` (when the Rollout itself is paused) or `kubectl sluice abort`.',
    },
  },
]
