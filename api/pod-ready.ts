/** When a pod counts. */
import type { Pod } from './kubernetes.ts'

/** Ready and staying: what a router or an upstream must be to count. */
export const isPodReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')
