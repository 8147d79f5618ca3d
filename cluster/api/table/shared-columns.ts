/** Columns and texts that several kinds share. */
import { arrayOf, at, type JsonObject, objectsOf, stringsOf, textOf } from '../json.ts'
import { ageOf } from './age.ts'
import { column, wide } from './column.ts'

export const NAME = column('Name', object => at(object, 'metadata', 'name'), {
  format: 'name',
  description: 'Name must be unique within a namespace.',
})

export const AGE = column('Age', (object, now) => ageOf(at(object, 'metadata', 'creationTimestamp'), now), {
  description: 'How long ago the object was made.',
})

/** `a=b,c=d`, or `<none>`. */
export const labelsText = (labels: unknown): string => {
  const entries = Object.entries(stringsOf(labels))
  return entries.length === 0
    ? '<none>'
    : entries
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(',')
}

const podSpecOf = (object: JsonObject): unknown => at(object, 'spec', 'template', 'spec') ?? at(object, 'spec')

export const CONTAINERS = wide('Containers', object =>
  objectsOf(at(podSpecOf(object), 'containers'))
    .map(({ name }) => textOf(name))
    .join(','),
)

export const IMAGES = wide('Images', object =>
  objectsOf(at(podSpecOf(object), 'containers'))
    .map(({ image }) => textOf(image))
    .join(','),
)

/** The first few of a list, then how many more there are. */
export const firstOf = (items: readonly unknown[], limit: number): string => {
  if (items.length === 0) return '<none>'
  const shown = items.slice(0, limit).map(String).join(',')
  return items.length > limit ? `${shown} + ${items.length - limit} more...` : shown
}

export const countOf = (value: unknown): number => arrayOf(value).length
