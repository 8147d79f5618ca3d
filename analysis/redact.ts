/** Values of Secrets never stand in a status, however a provider or a condition came to quote them. Pure. */
import type { AnalysisRunStatus, Measurement, MetricResult } from '../api/analysis-run.ts'

const HIDDEN = '*****'

/** A secret as it is, without the white space around it, and as it stands in JSON, in a URL and in a header. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  secret.trim(),
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
  Buffer.from(secret).toString('base64'),
]

/** Longer ones first, so that one that is part of another leaves nothing of it. */
const allForms = (secrets: readonly string[]): readonly string[] =>
  [...new Set(secrets.flatMap(formsOf))].filter(form => form !== '').sort((a, b) => b.length - a.length)

export const redact = (text: string, secrets: readonly string[]): string =>
  allForms(secrets).reduce((rest, form) => rest.replaceAll(form, HIDDEN), text)

type Texts = { readonly message?: string; readonly value?: string; readonly metadata?: { readonly [key: string]: string } }

export const redactStatus = (status: AnalysisRunStatus, secrets: readonly string[]): AnalysisRunStatus => {
  const forms = allForms(secrets)
  if (forms.length === 0) return status
  const hide = (text: string): string => forms.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text)
  const hidden = ({ message, value, metadata }: Texts): Texts => ({
    ...(message !== undefined && { message: hide(message) }),
    ...(value !== undefined && { value: hide(value) }),
    ...(metadata !== undefined && {
      metadata: Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, hide(text)])),
    }),
  })
  const measurement = (one: Measurement): Measurement => ({ ...one, ...hidden(one) })
  const result = (one: MetricResult): MetricResult => ({
    ...one,
    ...hidden(one),
    ...(one.measurements && { measurements: one.measurements.map(measurement) }),
  })
  return {
    ...status,
    ...hidden(status),
    ...(status.metricResults && { metricResults: status.metricResults.map(result) }),
  }
}
