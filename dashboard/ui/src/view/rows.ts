/** Rollouts in the order in which they matter, searched and counted. */
import type { Attention, RolloutRow } from '../../../contract.ts'
import { readSearch } from './search.ts'

export type Group = { readonly attention: Attention; readonly title: string; readonly says: string }

/** What needs somebody comes first. */
export const GROUPS: readonly Group[] = [
  { attention: 'waiting', title: 'Waiting for a person', says: 'until somebody promotes' },
  { attention: 'rolled-back', title: 'Rolled back', says: 'all traffic is on the stable version' },
  { attention: 'in-flight', title: 'In flight', says: 'go on by themselves' },
  { attention: 'at-rest', title: 'At rest', says: 'the newest version is stable' },
]

const RANK = new Map(GROUPS.map(({ attention }, index) => [attention, index]))

const compare = (a: RolloutRow, b: RolloutRow): number =>
  (RANK.get(a.attention) ?? 9) - (RANK.get(b.attention) ?? 9) ||
  a.namespace.localeCompare(b.namespace) ||
  a.name.localeCompare(b.name)

export const countRows = (rows: Iterable<RolloutRow>): ReadonlyMap<Attention, number> => {
  const counts = new Map<Attention, number>(GROUPS.map(({ attention }) => [attention, 0]))
  for (const { attention } of rows) counts.set(attention, (counts.get(attention) ?? 0) + 1)
  return counts
}

/** `group` is empty for all of them. */
export const chooseRows = (rows: Iterable<RolloutRow>, search: string, group: string): readonly RolloutRow[] => {
  const matches = readSearch(search)
  return [...rows]
    .filter(row => group === '' || row.attention === group)
    .filter(row => {
      const { namespace, name, phase, strategy, kind, images, sentence } = row
      return matches({
        namespace,
        name,
        fields: { status: phase, phase, strategy, kind, image: images.join(' '), why: sentence },
      })
    })
    .sort(compare)
}
