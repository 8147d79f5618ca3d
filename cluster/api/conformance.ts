/**
 * What a Kubernetes API does, as cases that run against any KubeClient: the in-process server, or a real control plane (with its
 * controller manager, for the garbage collector and namespaces). A case needs nothing but its context.
 */
import type { KubeClient } from '../../kube/client.ts'
import { NAMESPACES } from '../../kube/resources.ts'
import { ADMISSION_CASES } from './conformance/admission.ts'
import { type ConformanceCase, type ConformanceContext, object } from './conformance/context.ts'
import { CUSTOM_CASES } from './conformance/custom.ts'
import { LIFECYCLE_CASES } from './conformance/lifecycle.ts'
import { PATCH_CASES } from './conformance/patches.ts'
import { PROXY_CASES } from './conformance/proxies.ts'
import { WATCH_CASES } from './conformance/watches.ts'
import { WRITE_CASES } from './conformance/writes.ts'

export type { ConformanceCase, ConformanceContext } from './conformance/context.ts'

export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...WRITE_CASES,
  ...PATCH_CASES,
  ...WATCH_CASES,
  ...LIFECYCLE_CASES,
  ...CUSTOM_CASES,
  ...ADMISSION_CASES,
  ...PROXY_CASES,
]

export type ConformanceTarget = {
  readonly client: KubeClient
  /** See ConformanceContext; leave it out, and the cases with `needsForgetting`, where there is no way to do that. */
  readonly forgetHistory?: () => Promise<void>
  /** Different for each case, lower case letters and digits. */
  readonly unique: string
}

/** Runs one case in a namespace of its own and cleans up after it. */
export const runConformanceCase = async (
  { run }: ConformanceCase,
  { client, forgetHistory = async () => {}, unique }: ConformanceTarget,
): Promise<void> => {
  const namespace = `case-${unique}`
  const work: (() => Promise<unknown>)[] = []
  const context: ConformanceContext = { client, namespace, unique, forgetHistory, cleanUp: one => work.push(one) }
  await client.create(NAMESPACES, object('v1', 'Namespace', { name: namespace }))
  try {
    await run(context)
  } finally {
    for (const one of work.reverse()) await one().catch(ignoreGone)
    await client.delete(NAMESPACES, { name: namespace })
  }
}

const ignoreGone = (error: unknown): void => {
  if (!(error instanceof Error && 'status' in error && error.status === 404)) throw error
}
