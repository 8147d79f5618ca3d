/** Alerts about controller and webhook: for the people who run Sluice. */
import type { Alert } from './alert.ts'
import { of } from './routers.ts'

const CONTROLLER = '`kubectl get pods -n sluice-system -l app.kubernetes.io/component=controller`, and their logs.'
const WEBHOOK =
  '`kubectl get pods -n sluice-system -l app.kubernetes.io/component=webhook`; `/readyz` on port 8081 says what is missing.'
const REQUESTS = 'sum by (method, resource) (rate(sluice_api_requests_total{code!="aborted"}[5m]))'
const FAILED = 'sum by (method, resource) (rate(sluice_api_requests_total{code=~"5..|429|none"}[5m]))'

export const CONTROL_PLANE_ALERTS: readonly Alert[] = [
  {
    name: 'SluiceControllerNoLeader',
    severity: 'critical',
    expr: '(max(sluice_controller_leader) or vector(0)) < 1',
    for: '2m',
    summary: 'No controller of Sluice leads',
    runbook: {
      means: 'No replica of the controller holds the lease, or Prometheus does not reach any of them.',
      impact:
        'Traffic flows with the last weights. Rollouts stand still, a bad canary is not taken back, and all routers gone is not noticed.',
      look: [CONTROLLER, '`kubectl get lease -n sluice-system`: who holds it, when was it renewed?'],
      fix: 'Bring the controller back; it carries on from the objects. To take a canary back without it: `kubectl sluice eject deployment/NAME`.',
    },
  },
  {
    name: 'SluiceControllerTwoLeaders',
    severity: 'critical',
    expr: 'sum(sluice_controller_leader) > 1',
    for: '2m',
    summary: '{{ $value }} controllers of Sluice lead at once',
    runbook: {
      means: 'Two controllers believe that they lead: two installations in one cluster, or a clock that stands still.',
      impact: 'Both write the same objects; writes conflict and are tried again, weights may be set twice.',
      look: ['Is Sluice installed twice (`kubectl get deployments -A -l app.kubernetes.io/name=sluice`)?', CONTROLLER],
      fix: 'Remove the installation that is not wanted, or delete the pod that does not hold the lease.',
    },
  },
  {
    name: 'SluiceReconcileErrors',
    severity: 'warning',
    expr: 'sum by (name) (increase(sluice_reconcile_total{result=~"error|terminal"}[10m])) > 5',
    for: '5m',
    summary: 'Reconciling {{ $labels.name }} has failed {{ $value | humanize }} times in ten minutes',
    runbook: {
      means: 'Passes over Rollouts or AnalysisRuns fail again and again.',
      impact: 'The Rollouts concerned stand still; they are tried again with growing pauses.',
      look: [
        'The log of the controller: `reconcile failed`, with the key and the error.',
        '`kubectl sluice check cluster`: rights and versions.',
      ],
      fix: 'What the error names: rights, a webhook of somebody else that refuses our writes, a quota.',
    },
  },
  {
    name: 'SluiceControllerWorkerStuck',
    severity: 'warning',
    expr: `(max by (instance, name) (workqueue_longest_running_processor_seconds) ${of('controller')}) > 120`,
    for: '5m',
    summary: 'A worker of {{ $labels.name }} has been busy with one object for {{ $value | humanizeDuration }}',
    runbook: {
      means: 'A pass over one object does not come to its end.',
      impact: 'That Rollout stands still. The other workers go on.',
      look: [CONTROLLER, 'Latency of the API: the dashboard Sluice / Control plane.'],
      fix: 'Delete the pod of the controller; the next leader carries on from the objects. Please keep its log.',
    },
  },
  {
    name: 'SluiceAPIErrors',
    severity: 'warning',
    expr: `${FAILED} / (${REQUESTS} > 0) > 0.1`,
    for: '10m',
    summary:
      '{{ $value | humanizePercentage }} of the requests {{ $labels.method }} {{ $labels.resource }} to the Kubernetes API fail',
    runbook: {
      means: 'The API server answers with 5xx or 429, or not at all, to more than a tenth of the requests of one sort.',
      impact: 'Rollouts are slow or stand still. Routers go on with their last good Routes.',
      look: [
        'The health of the API server and etcd.',
        '429: the priority level of the flow schema that our ServiceAccounts fall into.',
      ],
      fix: 'The control plane of the cluster.',
    },
  },
  {
    name: 'SluiceAPIForbidden',
    severity: 'warning',
    expr: 'sum by (method, resource) (increase(sluice_api_requests_total{code=~"401|403"}[10m])) > 0',
    for: '5m',
    summary: 'Sluice may not {{ $labels.method }} {{ $labels.resource }}',
    runbook: {
      means: 'The API server refuses requests of ours for want of rights.',
      impact: 'What needs that right does not happen: an update stands still, or a Service cannot enter the routers.',
      look: ['`kubectl sluice check cluster`: which rights are missing.', 'Was the chart upgraded without its ClusterRoles?'],
      fix: 'Apply the chart again, with the rights of its version.',
    },
  },
  {
    name: 'SluiceWebhookDown',
    severity: 'critical',
    expr: '(max(sluice_webhook_registered) or vector(0)) < 1',
    for: '2m',
    summary: 'No webhook of Sluice is up and trusted by the API server',
    runbook: {
      means:
        'No replica of the webhook is there, or its MutatingWebhookConfiguration is missing or does not trust its authority.',
      impact: 'Updates of opted-in Deployments are refused until it is back. All others are not touched.',
      look: [WEBHOOK, '`kubectl get mutatingwebhookconfigurations`: is ours there, and has it a `caBundle`?'],
      fix: 'Bring the webhook back. A Deployment that must be updated before that: `kubectl sluice eject deployment/NAME` takes it out of Sluice.',
    },
  },
  {
    name: 'SluiceWebhookErrors',
    severity: 'warning',
    expr: 'sum(increase(sluice_webhook_requests_total{decision="error"}[10m])) > 3',
    for: '5m',
    summary: 'The webhook of Sluice could not answer {{ $value | humanize }} requests in ten minutes',
    runbook: {
      means: 'Requests that are no valid AdmissionReview, or faults of our own.',
      impact: 'Updates of opted-in Deployments fail; whoever applied them sees the message.',
      look: ['The log of the webhook: `a review failed`.', 'Does somebody else than the API server send to it?'],
      fix: 'A fault of our own: go back to the version of Sluice before, and report the log line.',
    },
  },
  {
    name: 'SluiceWebhookSlow',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (le) (rate(sluice_webhook_request_duration_seconds_bucket[5m]))) > 1',
    for: '10m',
    summary: 'One in a hundred admission requests takes the webhook of Sluice more than {{ $value | humanizeDuration }}',
    runbook: {
      means: 'The webhook is slow; after the timeout of its configuration the API server gives up and refuses the write.',
      impact: 'Every write of an opted-in Deployment and of a Service waits that long.',
      look: ['CPU of the pods against their limit.', 'Requests per second: the dashboard Sluice / Control plane.'],
      fix: 'More CPU, or more replicas.',
    },
  },
  {
    name: 'SluiceCertificateExpiring',
    severity: 'warning',
    expr: 'sluice_certificate_expiry_timestamp_seconds - time() < 14 * 86400',
    for: '1h',
    summary: 'The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}',
    runbook: {
      means:
        'A certificate that should have been renewed long ago (ours live a year and are renewed after 70 % of it) ends within two weeks.',
      impact: 'None yet. After its end the API server does not call the webhook, or the controller does not hear of the routers.',
      look: [
        'The log of the process: why can it not write its Secret (`sluice-webhook-tls`, `sluice-router-tls`)?',
        'Certificates that are mounted: has cert-manager renewed them?',
      ],
      fix: 'Give the process the right to its Secret, or delete the Secret: a new authority and certificate are made at once.',
    },
  },
]
