/** The hook that runs before a container gets SIGTERM. */
import type { Container } from '../../api/kubernetes.ts'
import type { EventText } from '../../kube/events.ts'
import { type ProbeTarget, runCommand, tryProbe } from './probe.ts'

type Hook = NonNullable<NonNullable<Container['lifecycle']>['preStop']>

/** The caller stops waiting when the grace period is over; nothing here takes longer than this anyway. */
const HOOK_LIMIT_MS = 600_000

/** Resolves when the hook has ended; a failure is an event, and the stop goes on. */
export async function runPreStop(
  hook: Hook,
  target: Omit<ProbeTarget, 'timeoutMs'>,
  record: (event: EventText) => void,
): Promise<void> {
  const problem = await run(hook, { ...target, timeoutMs: HOOK_LIMIT_MS })
  if (problem !== undefined) record({ type: 'Warning', reason: 'FailedPreStopHook', message: `PreStopHook failed: ${problem}` })
}

async function run(hook: Hook, target: ProbeTarget): Promise<string | undefined> {
  if (hook.sleep) {
    await new Promise(resolve => setTimeout(resolve, (hook.sleep?.seconds ?? 0) * 1000).unref())
    return undefined
  }
  if (hook.exec) return runCommand(hook.exec.command ?? [], target)
  return hook.httpGet ? tryProbe({ httpGet: hook.httpGet }, target) : 'this node knows the hooks exec, httpGet and sleep only'
}
