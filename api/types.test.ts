/** The inferred types, compared by the compiler with what they are to be; and whole objects against the schemas. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisPhase, AnalysisRunSpec, SluiceRouterMetric } from './analysis-run.ts'
import { ANALYSIS_RUN_RESOURCE } from './analysis-run.ts'
import { renderProblem } from './problem.ts'
import type { CanaryStep, PauseReason, RolloutPhase, SluiceRouterConfig } from './rollout.ts'
import { ROLLOUT_RESOURCE } from './rollout.ts'
import { ROUTE_RESOURCE, type RouteSpec, type Sticky, type StringMatch } from './route.ts'
import { decode } from './schema/decode.ts'
import { fieldRows } from './schema/fields.ts'
import type { Schema } from './schema/schema.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Does not compile unless both types are the same. */
const same = <A, B>(equal: Equal<A, B>): void => assert.equal(equal, true)

test('inferred types are the types that the rest of the code is written for', () => {
  same<Sticky, { readonly by: 'cookie' } | { readonly by: 'header'; readonly header: string } | { readonly by: 'ip' }>(true)
  same<StringMatch, { readonly exact: string } | { readonly prefix: string } | { readonly regex: string }>(true)
  same<RouteSpec['backends'][number]['role'], 'stable' | 'canary' | 'retiring' | 'experiment'>(true)
  same<NonNullable<RouteSpec['ports'][number]['name']>, string>(true)
  same<CanaryStep['pause'], { readonly duration?: number | string } | undefined>(true)
  same<PauseReason, 'CanaryPauseStep' | 'BlueGreenPause' | 'InconclusiveAnalysisRun' | 'InconclusiveExperiment'>(true)
  same<RolloutPhase, 'Healthy' | 'Progressing' | 'Paused' | 'Degraded'>(true)
  same<AnalysisPhase, 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive'>(true)
  same<
    SluiceRouterConfig,
    {
      readonly router: 'auto' | 'shared' | 'sidecar' | 'none'
      readonly services?: readonly string[]
      readonly sticky?: 'cookie' | 'ip' | { readonly header: string }
      readonly mode?: 'on-demand' | 'always'
      readonly checks?: readonly string[]
      readonly timeouts?: { readonly connect?: string; readonly response?: string; readonly idle?: string }
    }
  >(true)
  same<
    SluiceRouterMetric,
    {
      readonly deployment: string
      readonly canaryHash: string
      readonly stableHash: string
      readonly check?: string
      readonly window?: string
      readonly minimumRequests?: number
      readonly onNoData?: 'skip' | 'inconclusive' | 'error'
    }
  >(true)
  same<AnalysisRunSpec['metrics'][number]['count'], number | string | undefined>(true)
})

const assertAccepted = (schema: Schema, value: unknown): void => {
  const { problems } = decode(schema, value)
  assert.deepEqual(problems?.map(renderProblem) ?? [], [])
}

test('a Rollout with every kind of step is accepted', () => {
  assertAccepted(ROLLOUT_RESOURCE.spec, {
    replicas: 5,
    selector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }] },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    minReadySeconds: 5,
    progressDeadlineAbort: true,
    restartAt: '2030-01-02T03:04:05Z',
    rollbackWindow: { revisions: 3 },
    analysis: { successfulRunHistoryLimit: 1 },
    strategy: {
      canary: {
        canaryService: 'web-canary',
        stableService: 'web-stable',
        maxSurge: '25%',
        maxUnavailable: 0,
        dynamicStableScale: true,
        antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 1 } },
        canaryMetadata: { labels: { role: 'canary' } },
        pingPong: { pingService: 'a', pongService: 'b' },
        replicaProgressThreshold: { type: 'Percent', value: 90 },
        analysis: {
          startingStep: 2,
          templates: [{ templateName: 'success', clusterScope: true }],
          args: [{ name: 'x', valueFrom: { podTemplateHashValue: 'Latest' } }],
        },
        trafficRouting: {
          managedRoutes: [{ name: 'h' }, { name: 'm' }],
          istio: { virtualService: { name: 'web', routes: ['primary'] } },
          newProvider: { anything: true },
          plugins: { 'example/plugin': { a: 1 } },
        },
        steps: [
          { setWeight: 20 },
          { pause: {} },
          { pause: { duration: 30 } },
          { pause: { duration: '1h30m' } },
          { pause: { duration: '30' } },
          { setCanaryScale: { replicas: 1 } },
          { setCanaryScale: { matchTrafficWeight: true } },
          { setHeaderRoute: { name: 'h', match: [{ headerName: 'X', headerValue: { exact: 'y' } }] } },
          {
            setMirrorRoute: {
              name: 'm',
              percentage: 10,
              match: [{ method: { exact: 'GET' }, path: { prefix: '/' }, headers: { X: { regex: '.*' } } }],
            },
          },
          {
            analysis: {
              templates: [{ templateName: 'smoke' }],
              dryRun: [{ metricName: 'x.*' }],
              measurementRetention: [{ metricName: 'x', limit: 3 }],
            },
          },
          {
            experiment: {
              duration: '5m',
              templates: [{ name: 'a', specRef: 'canary', weight: 5 }],
              analyses: [{ name: 'x', templateName: 'y' }],
            },
          },
          { plugin: { name: 'example/step', config: { a: 1 } } },
        ],
      },
    },
  })
})

test('a blue-green Rollout for a workload is accepted', () => {
  assertAccepted(ROLLOUT_RESOURCE.spec, {
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'onsuccess' },
    strategy: {
      blueGreen: {
        activeService: 'web',
        previewService: 'web-preview',
        autoPromotionEnabled: false,
        previewReplicaCount: 1,
        scaleDownDelaySeconds: 30,
        prePromotionAnalysis: { templates: [{ templateName: 'smoke' }] },
      },
    },
  })
})

test('an AnalysisRun with a provider of its own is accepted, whatever is in it', () => {
  assertAccepted(ANALYSIS_RUN_RESOURCE.spec, {
    args: [{ name: 'token', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }],
    metrics: [
      {
        name: 'a',
        interval: '30s',
        count: '{{args.count}}',
        failureLimit: -1,
        provider: { prometheus: { address: 'x', query: 'y' } },
      },
      { name: 'b', interval: '{{args.interval}}', provider: { plugin: { 'sluice/router': { deployment: 'web' } } } },
    ],
  })
})

test('wrong fields of resources are found by path', () => {
  const wrong = (schema: Schema, value: unknown) => decode(schema, value, { path: 'spec' }).problems?.map(renderProblem)
  assert.deepEqual(
    wrong(ROLLOUT_RESOURCE.spec, { strategy: { canary: { steps: [{ pause: { duration: '5d' } }] } }, replicas: -1 }),
    [
      'spec.replicas: -1 must be a whole number from 0',
      'spec.strategy.canary.steps[0].pause.duration: "5d" must be a whole number or a Go duration, e.g. "1h30m"',
    ],
  )
  assert.deepEqual(
    wrong(ROUTE_RESOURCE.spec, {
      service: 'web',
      deployment: 'web',
      version: 0,
      endpoints: 'ready',
      ports: [{ port: 80, listenPort: 70000, protocol: 'udp' }],
      backends: [],
      sticky: { by: 'header' },
    }),
    [
      'spec.version: 0 must be a whole number from 1',
      'spec.ports[0].listenPort: 70000 must be a whole number from 1 to 65535',
      'spec.ports[0].protocol: "udp" must be http or tcp',
      'spec.sticky.header: is missing; it must be text, e.g. "X-User"',
    ],
  )
})

const below = (start: string, fields: string): string[] =>
  fields
    .trim()
    .split(/\s+/)
    .map(field => `${start}${field}`)

test('a Rollout has the fields of Argo Rollouts 1.10', () => {
  const { spec, status } = ROLLOUT_RESOURCE
  assert.ok(status)
  const has = new Set([...fieldRows(spec), ...fieldRows(status)].map(row => row.path))
  const wanted = [
    ...below(
      '',
      `replicas selector template workloadRef.scaleDown minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds
       progressDeadlineAbort restartAt analysis.successfulRunHistoryLimit analysis.unsuccessfulRunHistoryLimit rollbackWindow.revisions`,
    ),
    ...below(
      'strategy.canary.',
      `canaryService stableService steps trafficRouting maxUnavailable maxSurge analysis.startingStep antiAffinity canaryMetadata
       stableMetadata scaleDownDelaySeconds scaleDownDelayRevisionLimit abortScaleDownDelaySeconds dynamicStableScale
       pingPong.pingService pingPong.pongService minPodsPerReplicaSet replicaProgressThreshold.type`,
    ),
    ...below(
      'strategy.canary.trafficRouting.',
      'istio nginx alb smi ambassador appMesh traefik apisix plugins managedRoutes maxTrafficWeight',
    ),
    ...below(
      'strategy.canary.steps[].',
      `setWeight pause.duration setCanaryScale.weight setCanaryScale.replicas setCanaryScale.matchTrafficWeight analysis
       setHeaderRoute.match setMirrorRoute.percentage experiment.templates experiment.analyses plugin.config`,
    ),
    ...below(
      'strategy.blueGreen.',
      `activeService previewService previewReplicaCount autoPromotionEnabled autoPromotionSeconds maxUnavailable
       scaleDownDelaySeconds scaleDownDelayRevisionLimit abortScaleDownDelaySeconds prePromotionAnalysis postPromotionAnalysis
       antiAffinity previewMetadata activeMetadata`,
    ),
    ...below(
      '',
      `abort abortedAt pauseConditions controllerPause promoteFull currentPodHash currentStepHash currentStepIndex stableRS
       HPAReplicas selector collisionCount observedGeneration workloadObservedGeneration conditions phase message restartedAt
       canary.weights.additional canary.stablePingPong canary.stepPluginStatuses canary.currentExperiment blueGreen.previewSelector
       blueGreen.scaleUpPreviewCheckPoint alb albs duration.rolloutStartedAt duration.completionStatus`,
    ),
  ]
  assert.deepEqual(
    wanted.filter(path => !has.has(path)),
    [],
  )
})
