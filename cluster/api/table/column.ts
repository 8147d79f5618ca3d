/** A column of a kind's table. */
import type { JsonObject } from '../json.ts'

export type Column = {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  /** 0 shows always, more only with `-o wide`. */
  readonly priority: number
  readonly description: string
  readonly cell: (object: JsonObject, now: Date) => unknown
}

export const column = (name: string, cell: Column['cell'], more: Partial<Omit<Column, 'name' | 'cell'>> = {}): Column => ({
  name,
  type: 'string',
  priority: 0,
  description: '',
  cell,
  ...more,
})

/** A column that only `-o wide` shows. */
export const wide = (name: string, cell: Column['cell']): Column => column(name, cell, { priority: 1 })
