/** Made-up Experiments, AnalysisRuns of their own, and a blue-green Rollout. */
import type { AnalysisState, ExperimentState, RolloutDetail, RolloutRow, RunRow, RunState } from '../contract.ts'

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
const isoTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const latencyRun = (now: number): AnalysisState => ({
  name: 'search-ranking-latency',
  phase: 'Running',
  startedAt: isoTime(now - 240_000),
  current: true,
  checks: [
    {
      name: 'p95 of both',
      phase: 'Running',
      message: 'the newest value is 84',
      endsBy: 'ends with the experiment',
      successful: 8,
      failed: 0,
      inconclusive: 0,
      errors: 0,
      conditions: ['succeeds when result[0] < 120'],
      provider: 'prometheus',
      unit: 'number',
      measurements: Array.from({ length: 8 }, (_, i) => ({
        phase: 'Successful',
        startedAt: isoTime(now - (8 - i) * 30_000),
        finishedAt: isoTime(now - (8 - i) * 30_000),
        value: `[${84 + ((i * 7) % 5)}]`,
        numbers: { value: 84 + ((i * 7) % 5) },
      })),
    },
  ],
})

export const cannedExperiment = (now: number): ExperimentState => ({
  namespace: 'shop',
  name: 'search-ranking',
  phase: 'Running',
  message: '',
  createdAt: isoTime(now - 300_000),
  availableAt: isoTime(now - 240_000),
  endsAt: isoTime(now + 360_000),
  duration: '10m',
  versions: [
    {
      name: 'as-it-is',
      phase: 'Running',
      message: '',
      images: ['registry.example/search:v7'],
      replicaSet: 'search-ranking-as-it-is',
      pods: { desired: 2, ready: 2 },
    },
    {
      name: 'learned',
      phase: 'Running',
      message: '',
      images: ['registry.example/search:v8-learned'],
      replicaSet: 'search-ranking-learned',
      pods: { desired: 2, ready: 2 },
      service: 'search-ranking-learned',
    },
  ],
  analyses: [latencyRun(now)],
})

export const cannedRun = (now: number): RunState => ({
  ...latencyRun(now),
  name: 'nightly-smoke',
  namespace: 'payments',
  phase: 'Failed',
  message: 'Metric "p95 of both" assessed Failed due to failed (1) > failureLimit (0)',
  createdAt: isoTime(now - 7_200_000),
})

export const cannedRuns = (now: number): readonly RunRow[] => [
  {
    kind: 'Experiment',
    ...{ namespace: 'shop', name: 'search-ranking', phase: 'Running', message: '', createdAt: isoTime(now - 300_000) },
  },
  {
    kind: 'Experiment',
    ...{ namespace: 'shop', name: 'web-7b9c4d5f8x-2-3', phase: 'Successful', message: '', createdAt: isoTime(now - 3_600_000) },
    rollout: 'web',
  },
  (({ namespace, name, phase, message, createdAt }) => ({ kind: 'AnalysisRun', namespace, name, phase, message, createdAt }))(
    cannedRun(now),
  ),
]

/** `payments/invoices` waits for the new version's pods behind the preview Service. */
export const asBlueGreen = (detail: RolloutDetail, row: RolloutRow, now: number): RolloutDetail => {
  const [canary, stable] = detail.revisions
  const image = (tag: string): readonly string[] => [`registry.example/invoices:${tag}`]
  return {
    ...detail,
    row,
    services: [],
    sides: [
      {
        side: 'active',
        service: 'invoices',
        revision: 1,
        hash: stable?.hash ?? '',
        images: image('2025-12'),
        pods: { desired: 4, ready: 4 },
      },
      {
        side: 'preview',
        service: 'invoices-preview',
        revision: 2,
        hash: canary?.hash ?? '',
        images: image('2026-01'),
        pods: { desired: 4, ready: 2 },
      },
    ],
    steps: [
      { index: 0, text: 'pods', kind: 'blueGreenPods', state: 'running', startedAt: isoTime(now - 15_000), weight: 0 },
      { index: 1, text: 'analysis before', kind: 'blueGreenAnalysis', state: 'to-come', weight: 0 },
      { index: 2, text: 'pause', kind: 'pause', state: 'to-come', weight: 0 },
      { index: 3, text: 'switch', kind: 'blueGreenSwitch', state: 'to-come', weight: 100 },
      { index: 4, text: 'analysis after', kind: 'blueGreenAnalysis', state: 'to-come', weight: 100 },
    ],
    analyses: [],
    revisions: detail.revisions.map((one, i) => ({
      ...one,
      roles: i === 0 ? ['preview'] : ['active', 'stable'],
      images: image(i === 0 ? '2026-01' : '2025-12'),
      ...(i > 0 && { scaleDownAt: isoTime(now + 25_000) }),
    })),
    pods: detail.pods.map(pod => ({ ...pod, role: pod.role === 'canary' ? 'preview' : 'active' })),
    events: [],
    decisions: [{ at: isoTime(now - 15_000), kind: 'begin', text: 'The update to revision 2 began.' }],
  }
}
