/** Gauges that are read from the caches when Prometheus asks, so that none outlives its object. */
import { Gauge, type Registry } from 'prom-client'
import type { KubeObject } from '../../api/kubernetes.ts'

export type Labels = { readonly [label: string]: string }
export type Sample = { readonly labels: Labels; readonly value: number }

/** Argo Rollouts' labels of an object; what has no namespace has an empty one. */
export const nameOf = ({ metadata: { namespace = '', name } }: KubeObject): Labels => ({ namespace, name })

export type Mirror = {
  readonly name: string
  readonly help: string
  /** Besides `namespace` and `name`. */
  readonly labels?: readonly string[]
  readonly read: () => readonly Sample[]
}

export const addMirror = (registry: Registry, { name, help, labels = [], read }: Mirror): void => {
  new Gauge({
    name,
    help,
    labelNames: ['namespace', 'name', ...labels],
    registers: [registry],
    collect() {
      this.reset()
      for (const sample of read()) this.set(sample.labels, sample.value)
    },
  })
}

/** A sample for each phase of a closed list: 1 for the one that holds, 0 for the others. */
export const onePerPhase = (labels: Labels, phases: readonly string[], phase: string): readonly Sample[] =>
  phases.map(one => ({ labels: { ...labels, phase: one }, value: one === phase ? 1 : 0 }))
