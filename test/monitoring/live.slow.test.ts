/** Every expression against a real Prometheus that scrapes the running system through one promotion and one rollback. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../local/wait.ts'
import { readCatalogue } from '../../tools/monitoring/catalogue.ts'
import { alertExpressions, dashboardExpressions, recordingExpressions } from './expressions.ts'
import { startWorld, WEIGHT, type World } from './live/world.ts'
import { withoutPrometheus } from './tools.ts'

const skip = withoutPrometheus()

/** As Grafana fills them in. */
const fill = (expr: string): string =>
  expr
    .replaceAll('$__rate_interval', '5s')
    .replaceAll('$__range', '5m')
    .replaceAll('$namespace', 'default')
    .replaceAll('$rollout', 'web')
    .replaceAll('$router', '.*')

/** What an alert compares: healthy systems have that, but not what is left after the comparison. */
const leftOf = (expr: string): string => {
  const at = Math.max(...[' > ', ' < ', ' == ', ' != '].map(operator => expr.lastIndexOf(operator)))
  assert.ok(at > 0, expr)
  return expr.slice(0, at)
}

/** What is rightly without data in a world in which nothing of ours fails, and why. */
const EMPTY: { readonly [where: string]: string } = {
  'alert SluiceRolloutInconclusive': 'there are requests enough for a verdict',
  'alert SluiceRouteRefused': 'every Route is one that routers can run',
  'alert SluiceRouterWorkersDie': 'each router is one process here',
  'alert SluiceAPIErrors': 'the API server answers',
  'alert SluiceAPIForbidden': 'no right is missing',
  'alert SluiceWebhookErrors': 'the API server sends valid reviews',
}

/** Metrics that have no series as long as what they count does not happen. */
const SILENT_METRICS: { readonly [name: string]: string } = {
  sluice_router_route_refused: EMPTY['alert SluiceRouteRefused'] ?? '',
  sluice_router_grpc_calls_total: 'nobody calls by gRPC',
  ...Object.fromEntries(
    ['', '_manual_pause', '_progression'].map(what => [`rollout${what}_duration_seconds`, 'no user has a Rollout here']),
  ),
  ...Object.fromEntries(
    ['actions_total', 'requests_total', 'sessions', 'streams'].map(what => [
      `sluice_dashboard_${what}`,
      'it is not installed here',
    ]),
  ),
  ...Object.fromEntries(
    ['s', '_deaths_total', '_cpu_seconds_total', '_resident_memory_bytes', '_eventloop_lag_p99_seconds'].map(what => [
      `sluice_router_worker${what}`,
      EMPTY['alert SluiceRouterWorkersDie'] ?? '',
    ]),
  ),
  rollout_reconcile_error: 'no pass fails',
  workqueue_retries_total: 'no pass fails',
  analysis_run_reconcile_error: 'no pass fails',
  ...Object.fromEntries(
    ['analysis_template_info', 'analysis_template_metric_info'].map(name => [name, 'checks come from annotations here']),
  ),
  ...Object.fromEntries(
    ['info', 'phase', 'reconcile', 'reconcile_error'].map(what => [`experiment_${what}`, 'nobody made an Experiment']),
  ),
  ...Object.fromEntries(
    ['', '_error', '_success'].map(what => [`notification_send${what}`, 'nobody has subscribed to notifications']),
  ),
  nodejs_active_requests: 'libuv has nothing under way at the time of a scrape',
}

type Story = {
  readonly began: number
  /** Hashes of the pod templates. */
  readonly good: string
  readonly bad: string
  /** Share of requests of the canary while it had its weight. */
  readonly share: number
}

const play = async ({ prometheus, ship, untilRollout }: World): Promise<Story> => {
  const began = Date.now()
  const canary = (text: string) => `sum(increase(sluice_router_requests_total{rollout="web"${text}}[6s]))`
  await ship('v2', 0)
  const { currentPodHash: good = '' } = await untilRollout(
    'paused at its weight',
    ({ phase, canary: state }) => phase === 'Paused' && state?.weights?.canary.weight === WEIGHT * 100,
  )
  // The whole window and the scrape after it lie in the pause.
  await sleep(9_000)
  const [one] = await prometheus.query(`${canary(',version_role="canary"')} / ${canary('')}`)
  await untilRollout('promoted', ({ phase, stableRS }) => phase === 'Healthy' && stableRS === good)
  await ship('v3', 10)
  const { currentPodHash: bad = '' } = await untilRollout(
    'rolled back',
    ({ phase, abort }) => phase === 'Degraded' && abort === true,
  )
  await waitFor({ what: 'the rollback to be scraped and the Service to leave the routers' }, async () => {
    const [routes] = await prometheus.query('sum(sluice_controller_routes) or vector(0)')
    const [firing] = await prometheus.query('ALERTS{alertname="SluiceRolloutRolledBack",alertstate="firing"}')
    return routes?.value === 0 && firing !== undefined
  })
  return { began, good, bad, share: one?.value ?? Number.NaN }
}

describe('a running system, scraped by Prometheus', { skip, timeout: 180_000 }, () => {
  let world: World
  let story: Story
  before(async () => {
    world = await startWorld()
    story = await play(world)
  })
  after(() => world?.stop())

  const oneValue = async (expr: string): Promise<number> => {
    const [sample, ...more] = await world.prometheus.query(expr)
    assert.ok(sample !== undefined && more.length === 0, `one value of ${expr}, not ${JSON.stringify([sample, ...more])}`)
    return sample.value
  }

  test('every expression of the dashboards, the rules and the alerts has data, but for the few that say why not', async () => {
    const all = [...dashboardExpressions(), ...recordingExpressions()]
    const alerts = alertExpressions().map(({ where, expr }) => ({ where, expr: leftOf(expr) }))
    const empty: string[] = []
    for (const { where, expr } of [...all, ...alerts]) {
      const series = await world.prometheus.queryRange(fill(expr), story.began)
      if (!series.some(({ values }) => values.some(Number.isFinite)) && EMPTY[where] === undefined)
        empty.push(`${where}: ${fill(expr)}`)
    }
    assert.deepEqual(empty, [])
  })

  test('every alert is an expression that Prometheus takes, and the rollback is the only one that fires', async () => {
    for (const { expr } of alertExpressions()) await world.prometheus.query(expr)
    const firing = await world.prometheus.query('ALERTS{alertstate="firing"}')
    assert.deepEqual(
      firing.map(({ labels }) => labels['alertname']),
      ['SluiceRolloutRolledBack'],
    )
    const [told] = await world.prometheus.alerts()
    assert.equal(told?.annotations['summary'], 'Rollout default/web was rolled back')
  })

  test('every metric of the table is exported, and none that is not in it', async () => {
    const names = await world.prometheus.queryRange('count by (__name__) ({job=~"controller|router|webhook"})', story.began)
    const scraped = new Set(
      names
        .map(({ labels }) => labels['__name__'] ?? '')
        .filter(name => !/^(up|scrape_.*|ALERTS.*)$/.test(name) && !name.includes(':'))
        .map(name => name.replace(/_(bucket|sum|count)$/, '')),
    )
    const listed = (await readCatalogue()).map(({ name }) => name)
    assert.deepEqual(
      [...scraped].filter(name => !listed.includes(name)),
      [],
    )
    assert.deepEqual(
      listed.filter(name => !scraped.has(name) && SILENT_METRICS[name] === undefined),
      [],
    )
  })

  test('the canary had the share of the requests that its weight asked for', () => {
    assert.ok(Math.abs(story.share - WEIGHT) < 0.03, `${story.share} instead of ${WEIGHT}`)
  })

  test('the success of the bad version is what its users saw', async () => {
    const most = (more: string) =>
      `sum(max by (instance, code_class) (max_over_time(sluice_router_requests_total{version="${story.bad}"${more}}[5m])))`
    const success = await oneValue(`1 - ${most(',code_class=~"5xx|failure"')} / ${most(',code_class!="abort"')}`)
    const answers = world.traffic.answers.filter(({ version }) => version === 'v3')
    const truth = answers.filter(({ status }) => status === 200).length / answers.length
    assert.ok(answers.length >= 20, `${answers.length} answers of v3`)
    assert.ok(Math.abs(success - truth) < 0.02, `${success}; users saw ${truth} of ${answers.length}`)
  })

  test('each update was counted by its result, with its time', async () => {
    const ended = (result: string) =>
      oneValue(`sum(sluice_rollout_updates_total{namespace="default",rollout="web",result="${result}"})`)
    assert.deepEqual([await ended('promoted'), await ended('rolled_back'), await ended('aborted')], [1, 1, 0])
    const seconds = await oneValue('sum(sluice_rollout_update_duration_seconds_sum{result="promoted"})')
    assert.ok(seconds >= 12, `${seconds} s, with a pause of 12 s`)
    assert.equal(await oneValue('sum(sluice_analysis_runs_total{phase="Failed"})'), 1)
  })
})
