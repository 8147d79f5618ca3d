/** InfluxDB's annotated CSV: tables whose columns have types, one after another. Pure. */
import { INT64 } from '../expr/go/types.ts'
import { boxed, type Value } from '../expr/run/values.ts'

/** Fields in quotes may hold commas, line ends, and quotes written twice. */
const rowsOf = (text: string): readonly (readonly string[])[] => {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === '') break
    if (end !== ',') rows.push([])
  }
  return rows
}

/** As the Go client reads a field of this type. */
const fieldOf = (text: string, type: string): Value => {
  if (text === '' && type !== 'string') return null
  if (type === 'double') return Number(text)
  if (type === 'long') return boxed(INT64, BigInt(text))
  if (type === 'unsignedLong') return BigInt(text)
  return type === 'boolean' ? text === 'true' : text
}

export type Table = { readonly values: readonly Value[] } | { readonly problem: string }

type Columns = { readonly types: readonly string[]; readonly names?: readonly string[] }

/** What a row below the names of its columns says: a value, nothing, or an error. */
const readRow = (row: readonly string[], types: readonly string[], names: readonly string[]): Table => {
  const error = row[names.indexOf('error')]
  if (error !== undefined) return { problem: error }
  const at = names.indexOf('_value')
  return { values: at === -1 ? [] : [fieldOf(row[at] ?? '', types[at] ?? 'string')] }
}

/** The column `_value` of all tables; or the error that stands in their place. */
export const valuesOfCsv = (text: string): Table => {
  const values: Value[] = []
  let columns: Columns = { types: [] }
  for (const row of rowsOf(text).filter(fields => fields.length > 1)) {
    const [first = ''] = row
    if (first.startsWith('#')) columns = first === '#datatype' ? { types: row } : columns
    else if (!columns.names) columns = { ...columns, names: row }
    else {
      const read = readRow(row, columns.types, columns.names)
      if ('problem' in read) return read
      values.push(...read.values)
    }
  }
  return { values }
}
