/** What a check of the surroundings found. */
import type { PodTemplate, Service } from '../../api/kubernetes.ts'
import type { WayOut } from './way-out.ts'

export type Finding = {
  /** `no`: routers cannot stand in front of the pods. `warning`: they can, but somebody should know. */
  readonly severity: 'no' | 'warning'
  /** What is in the way and what to do about it. */
  readonly text: string
}

/** A Service in front of a Deployment's pods. */
export type Front = {
  readonly service: Service
  readonly namespace: string
  readonly template: PodTemplate
  /** Of its pods, as far as they are known. */
  readonly addresses: readonly string[]
  /** Absent: a Deployment's. */
  readonly wayOut?: WayOut
}
