/** The columns that a CustomResourceDefinition asks for. */
import type { PrinterColumn } from '../kind.ts'
import { ageOf } from './age.ts'
import { type Column, column } from './column.ts'
import { valuesAt } from './json-path.ts'
import { AGE, NAME } from './shared-columns.ts'

const TYPES: readonly Column['type'][] = ['string', 'integer', 'number', 'boolean', 'date']

const cellOf =
  ({ jsonPath, type }: PrinterColumn): Column['cell'] =>
  (object, now) => {
    const value = valuesAt(object, jsonPath)[0]
    if (value === undefined || value === null) return null
    if (type === 'date') return ageOf(value, now)
    if (type === 'string') return typeof value === 'string' ? value : JSON.stringify(value)
    return value
  }

/** Name, then the columns asked for; without any, Name and Age. */
export const customColumns = (asked: readonly PrinterColumn[]): readonly Column[] => {
  if (asked.length === 0) return [NAME, AGE]
  return [
    NAME,
    ...asked.map(one =>
      column(one.name, cellOf(one), {
        type: TYPES.find(type => type === one.type) ?? 'string',
        priority: one.priority ?? 0,
        description: one.description ?? '',
        ...(one.format ? { format: one.format } : {}),
      }),
    ),
  ]
}
