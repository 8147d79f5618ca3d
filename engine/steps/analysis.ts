import type { StepInput, StepResult, StepRunner } from './step.ts'

const names = (step: StepInput['step']): string =>
  (step.analysis?.templates ?? []).map(({ templateName }) => templateName).join(', ')

const run = ({ label, progress, run: analysisRun, missing }: StepInput): StepResult => {
  const waiting = {
    reason: 'Analysis',
    what: label,
    ends: 'ends when the analysis is successful, fails, or is skipped by a promotion',
  } as const
  if (missing !== undefined) return { kind: 'waiting', waiting: { ...missing, what: `${label}: ${missing.what}` } }
  if (analysisRun === undefined) return { kind: 'needs-run', waiting }
  const { phase = 'Pending', message = '' } = analysisRun.status ?? {}
  if (phase === 'Successful') return { kind: 'done' }
  if (phase === 'Failed' || phase === 'Error') {
    return { kind: 'failed', message: `Step-based analysis phase error/failed: ${message || phase}` }
  }
  if (phase === 'Inconclusive' && progress.controllerPause && progress.pauses.length === 0) {
    return { kind: 'done', progress: { controllerPause: false } }
  }
  return { kind: 'waiting', waiting }
}

export const analysis: StepRunner = {
  describe: step => `analysis ${names(step)}`,
  check: ({ analysis: wish }) =>
    wish?.templates?.length
      ? undefined
      : 'analysis must name at least one AnalysisTemplate, e.g. {"templates": [{"templateName": "smoke-test"}]}',
  desire: (_, before) => before,
  run,
}
