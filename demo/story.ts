/** The story of the demonstration: a good version, a bad one, told to the API as a user would, and watched until it has ended. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import type { KubeClient } from '../kube/client.ts'
import { ROLLOUTS, ROUTES, SERVICES } from '../kube/resources.ts'
import { apply, readObjects } from '../local/apply.ts'
import { untilRolledOut } from '../local/install.ts'
import { waitFor } from '../local/wait.ts'
import type { Hold } from './tally.ts'
import type { Terminal } from './terminal.ts'
import type { Traffic } from './traffic.ts'
import { countDropped, ratesOf, renderView } from './view.ts'

const NAMESPACE = 'default'
const NAME = 'web'
const WATCH_EVERY_MS = 100
/** A rollout that has not ended after so long never will. */
const PATIENCE_MS = 5 * 60_000
/** Left out at both ends of a hold: requests that were under way when the weight changed. */
const EDGE_MS = 500

export type Version = { readonly name: string; readonly failEvery: number }

export type Stage = {
  readonly client: KubeClient
  readonly terminal: Terminal
  readonly root: string
  readonly node: string
  /** Value of the annotation sluice.dev/analysis; the default check where absent. */
  readonly analysis?: string
}

/** `web.yaml` with another version, applied like any other YAML. */
export const ship = ({ client, root, node, analysis }: Stage, version: Version): Promise<void> => {
  const text = readFileSync(join(root, 'demo/web.yaml'), 'utf8')
    .replaceAll('sample-app:v1', `sample-app:${version.name}`)
    .replaceAll('{ name: VERSION, value: v1 }', `{ name: VERSION, value: ${version.name} }`)
    .replaceAll('{ name: FAIL_EVERY, value: "0" }', `{ name: FAIL_EVERY, value: "${version.failEvery}" }`)
  const judged =
    analysis === undefined ? text : text.replace('sluice.dev/steps:', `sluice.dev/analysis: ${analysis}\n    sluice.dev/steps:`)
  return apply(client, readObjects(judged, { NODE: node, SLUICE_ROOT: root }))
}

const rolloutOf = (client: KubeClient): Promise<Rollout> => client.get<Rollout>(ROLLOUTS, { namespace: NAMESPACE, name: NAME })

/** Waits until the app and Sluice's view of it are at rest; returns the URL of its cluster address. */
export const untilAtRest = async ({ client }: Stage): Promise<string> => {
  await untilRolledOut(client, NAMESPACE, NAME)
  await waitFor({ what: 'the Rollout of web to be Healthy' }, async () => (await rolloutOf(client)).status?.phase === 'Healthy')
  const { spec } = await client.get<Service>(SERVICES, { namespace: NAMESPACE, name: NAME })
  return `http://${spec.clusterIP}:${spec.ports?.[0]?.port}/`
}

const isInProxyMode = async (client: KubeClient): Promise<boolean> =>
  (await client.list(ROUTES, { namespace: NAMESPACE })).items.some(route => route.metadata.name === NAME)

/** Follows the weight: each time it stands still at a pause is a hold. */
const makeHoldRecorder = (canary: string) => {
  const holds: Hold[] = []
  let since: { readonly weight: number; readonly from: number } | undefined
  return {
    holds,
    note: ({ status }: Rollout, now: number) => {
      const weight = status?.phase === 'Paused' ? (status.canary?.weights?.canary.weight ?? 0) : 0
      if (since !== undefined && since.weight !== weight) {
        if (since.weight > 0) holds.push({ from: since.from + EDGE_MS, to: now - EDGE_MS, weight: since.weight, canary })
        since = undefined
      }
      since ??= { weight, from: now }
    },
  }
}

export type Ending = {
  readonly phase: 'promoted' | 'rolled back' | string
  readonly holds: readonly Hold[]
  readonly message: string
}

const endingOf = (rollout: Rollout, before: string | undefined): Ending['phase'] | undefined => {
  const { phase, stableRS, currentPodHash, abort } = rollout.status ?? {}
  if (phase === 'Healthy' && stableRS !== before && stableRS === currentPodHash) return 'promoted'
  if (phase === 'Degraded' && abort === true && (rollout.status?.canary?.weights?.canary.weight ?? 0) === 0) return 'rolled back'
  return undefined
}

/** Ships `version` and draws the view until the rollout has ended and nothing of Sluice is in the path any more. */
export const roll = async (stage: Stage, traffic: Traffic, version: Version): Promise<Ending> => {
  const { client, terminal } = stage
  const before = (await rolloutOf(client)).status?.stableRS
  await ship(stage, version)
  const recorder = makeHoldRecorder(version.name)
  const until = Date.now() + PATIENCE_MS
  let step = ''
  while (Date.now() < until) {
    const now = Date.now()
    const rollout = await rolloutOf(client)
    recorder.note(rollout, now)
    terminal.draw(
      renderView({
        rollout,
        rates: ratesOf(traffic.answers.slice(-1000), now, 2),
        sent: traffic.answers.length,
        dropped: countDropped(traffic.answers),
      }),
    )
    const told = `${rollout.status?.phase}: ${rollout.status?.message ?? ''}`
    if (told !== step && rollout.status?.phase === 'Degraded') terminal.say(`  ${told}`)
    step = told
    const phase = endingOf(rollout, before)
    if (phase !== undefined && !(await isInProxyMode(client)))
      return { phase, holds: recorder.holds, message: rollout.status?.message ?? '' }
    await sleep(WATCH_EVERY_MS)
  }
  return { phase: `not ended after ${PATIENCE_MS / 1000} s: ${step}`, holds: recorder.holds, message: step }
}
