/** What was put into the template of a ReplicaSet beside what its user wrote: labels and annotations of the part that its version has. */
import type { Labels, PodTemplate, ReplicaSet } from '../../api/kubernetes.ts'
import { EPHEMERAL_METADATA } from './names.ts'

export type Added = { readonly labels?: Labels; readonly annotations?: Labels }

const isText = (value: unknown): value is Labels =>
  typeof value === 'object' && value !== null && Object.values(value).every(one => typeof one === 'string')

/** What was put into a ReplicaSet's template, by the note on it. A note that cannot be read is none. */
export const injectedInto = ({ metadata }: ReplicaSet): Added => {
  const note = metadata.annotations?.[EPHEMERAL_METADATA]
  if (note === undefined) return {}
  try {
    const { labels, annotations } = JSON.parse(note) ?? {}
    return { ...(isText(labels) && { labels }), ...(isText(annotations) && { annotations }) }
  } catch {
    return {}
  }
}

/** `map` without what was put in, and with what is to be. */
export const changed = (map: Labels | undefined, before: Labels = {}, wanted: Labels = {}): Labels => ({
  ...Object.fromEntries(Object.entries(map ?? {}).filter(([key, value]) => before[key] !== value)),
  ...wanted,
})

/** The template's metadata as the user wrote it. */
export const withoutInjected = (set: ReplicaSet): PodTemplate => {
  const { labels, annotations } = injectedInto(set)
  const { template } = set.spec
  if (labels === undefined && annotations === undefined) return template
  const metadata = {
    ...template.metadata,
    labels: changed(template.metadata?.labels, labels),
    annotations: changed(template.metadata?.annotations, annotations),
  }
  return { ...template, metadata }
}
