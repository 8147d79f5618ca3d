/** Carries out a plan for slices: create, then update, then delete. */
import type { EndpointSlice, KubeObject } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'
import { ENDPOINT_SLICES } from '../../kube/resources.ts'
import type { SlicePlan } from './endpoints/slice-plan.ts'
import { renderSlice } from './endpoints/slice-plan.ts'
import type { Expectations } from './expectations.ts'
import { replacing } from './replacing.ts'

export type SliceShell = { readonly client: KubeClient; readonly random: () => number; readonly expectations: Expectations }

const suffix = (random: () => number): string =>
  Math.floor(random() * 36 ** 5)
    .toString(36)
    .padStart(5, '0')

/** `owner` becomes the controller of new slices; `key` is what the expectations of new slices are kept under. */
export async function executeSlicePlan(
  shell: SliceShell,
  { owner, key }: { readonly owner: KubeObject; readonly key: string },
  plan: SlicePlan,
): Promise<void> {
  for (const content of plan.create) {
    const slice = renderSlice(owner, `${owner.metadata.name.slice(0, 247)}-${suffix(shell.random)}`, content)
    shell.expectations.expect(key, slice.metadata.name)
    try {
      await shell.client.create(ENDPOINT_SLICES, slice)
    } catch (error) {
      shell.expectations.settle(key, slice.metadata.name)
      throw error
    }
  }
  for (const { slice, content } of plan.update) {
    const { labels, endpoints, ports } = content
    const metadata = { resourceVersion: slice.metadata.resourceVersion, labels: replacing(slice.metadata.labels, labels) }
    await shell.client.patch(ENDPOINT_SLICES, refOf(slice), 'merge', { metadata, endpoints, ports })
  }
  await deleteSlices(shell.client, plan.delete)
}

export async function deleteSlices(client: KubeClient, slices: readonly EndpointSlice[]): Promise<void> {
  for (const slice of slices) {
    try {
      await client.delete(ENDPOINT_SLICES, refOf(slice), slice.metadata.uid === undefined ? {} : { uid: slice.metadata.uid })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

const refOf = ({ metadata }: EndpointSlice) => ({ namespace: metadata.namespace ?? '', name: metadata.name })
