/** What antiAffinity puts into a pod template, told apart from what the user says about nodes. Pure. */
import type { PodTemplate } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'

type Json = { readonly [key: string]: unknown }

export const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'
export const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const member = (value: unknown, key: string): unknown => (isJson(value) ? value[key] : undefined)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Away from the nodes of that version's pods. */
export const termFor = (hash: string): Json => ({
  labelSelector: { matchExpressions: [{ key: ROLLOUTS_POD_TEMPLATE_HASH, operator: 'In', values: [hash] }] },
  topologyKey: 'kubernetes.io/hostname',
})

/** Only a controller of Rollouts writes the hash of a version into a term. */
const isInjected = (term: unknown): boolean =>
  listOf(member(member(term, 'labelSelector'), 'matchExpressions')).some(one => member(one, 'key') === ROLLOUTS_POD_TEMPLATE_HASH)

const withoutKey = (value: Json, key: string): Json => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))

/** Puts it there, or takes the key away when nothing is left of it. */
const withMember = (value: Json, key: string, to: Json | readonly unknown[]): Json =>
  Object.keys(to).length === 0 ? withoutKey(value, key) : { ...value, [key]: to }

/** The affinity with these terms instead of those that were injected before. */
export const withTerms = (affinity: unknown, preferred: readonly unknown[], required: readonly unknown[]): Json => {
  const before = isJson(affinity) ? affinity : {}
  const found = member(before, 'podAntiAffinity')
  const own = isJson(found) ? found : {}
  const kept = {
    preferred: listOf(own[PREFERRED]).filter(one => !isInjected(member(one, 'podAffinityTerm'))),
    required: listOf(own[REQUIRED]).filter(one => !isInjected(one)),
  }
  const anti = withMember(withMember(own, PREFERRED, [...kept.preferred, ...preferred]), REQUIRED, [
    ...kept.required,
    ...required,
  ])
  return withMember(before, 'podAntiAffinity', anti)
}

/** With this affinity, or none when it is empty. */
export const withAffinity = (template: PodTemplate, affinity: Json): PodTemplate => {
  const { affinity: _, ...spec } = template.spec
  return { ...template, spec: { ...spec, ...(Object.keys(affinity).length > 0 && { affinity }) } }
}

/** The template as the user wrote it, for comparing. */
export const withoutAntiAffinity = (template: PodTemplate): PodTemplate =>
  template.spec['affinity'] === undefined ? template : withAffinity(template, withTerms(template.spec['affinity'], [], []))

/** The terms of an affinity that a controller of Rollouts has put there. */
export const injectedIn = (affinity: unknown): readonly unknown[] => {
  const anti = member(affinity, 'podAntiAffinity')
  return [
    listOf(member(anti, PREFERRED)).filter(one => isInjected(member(one, 'podAffinityTerm'))),
    listOf(member(anti, REQUIRED)).filter(isInjected),
  ]
}
