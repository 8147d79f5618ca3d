/** All texts of an AnalysisRun's status that come from outside: changed, and kept short. Pure. */
import type { AnalysisRunStatus, Measurement, MetricResult } from '../api/analysis-run.ts'

type Texts = { readonly message?: string; readonly value?: string; readonly metadata?: { readonly [key: string]: string } }
type Change = (text: string) => string

/** @param ofMetadata for values of `metadata`, which a provider may want back as they were */
export const mapTexts = (status: AnalysisRunStatus, change: Change, ofMetadata: Change = change): AnalysisRunStatus => {
  const changed = ({ message, value, metadata }: Texts): Texts => ({
    ...(message !== undefined && { message: change(message) }),
    ...(value !== undefined && { value: change(value) }),
    ...(metadata !== undefined && {
      metadata: Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, ofMetadata(text)])),
    }),
  })
  const measurement = (one: Measurement): Measurement => ({ ...one, ...changed(one) })
  const result = (one: MetricResult): MetricResult => ({
    ...one,
    ...changed(one),
    ...(one.measurements && { measurements: one.measurements.map(measurement) }),
  })
  return {
    ...status,
    ...changed(status),
    ...(status.metricResults && { metricResults: status.metricResults.map(result) }),
  }
}

/** An object of Kubernetes holds 1.5 MB, and a status ten measurements of each metric. */
export const LONGEST_TEXT = 4096
const KEPT = LONGEST_TEXT - 96

const shorten: Change = text =>
  text.length <= LONGEST_TEXT ? text : `${text.slice(0, KEPT).toWellFormed()}… (${text.length - KEPT} characters more)`

/** Values and messages cut off where they are too long; conditions have seen the whole before. */
export const shortenTexts = (status: AnalysisRunStatus): AnalysisRunStatus => mapTexts(status, shorten, text => text)
