import type { StepKind, StepRunner } from './step.ts'

/** A step of Argo Rollouts that Sluice does not run: refused before anything moves, never skipped. */
export const unsupported = (kind: StepKind): StepRunner => ({
  describe: () => kind,
  check: () =>
    `${kind} is not a step that Sluice runs; allowed are setWeight, pause, setCanaryScale, analysis, setHeaderRoute and setMirrorRoute, e.g. {"setWeight": 20}`,
  desire: (_, before) => before,
  run: ({ label }) => ({
    kind: 'waiting',
    waiting: { reason: 'InvalidSpec', what: label, ends: 'ends when the step is taken out' },
  }),
})
