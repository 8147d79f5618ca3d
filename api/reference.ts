/** docs/reference.md, rendered from the annotations and the schemas of the resources. */
import { CUSTOM_RESOURCES } from './custom-resources.ts'
import type { CustomResource } from './schema/custom-resource.ts'
import { type FieldRow, fieldRows } from './schema/fields.ts'
import type { Schema } from './schema/schema.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map(row => `| ${row.map(cell).join(' | ')} |`).join('\n')

const fieldRow = ({ path, type, required, description, allowed }: FieldRow): readonly string[] => [
  `\`${path}\`${required ? ' (required)' : ''}`,
  type,
  allowed === '' ? description : `${description} Must be ${allowed}.`,
]

const fieldTable = (schema: Schema, start: string): string =>
  table(
    ['field', 'type', 'meaning'],
    fieldRows(schema).map(row => fieldRow({ ...row, path: `${start}.${row.path}` })),
  )

const renderResource = (resource: CustomResource): string => {
  const { kind, group, version, plural, shortName, scope, description, spec, status } = resource
  const place = scope === 'Cluster' ? 'for the whole cluster' : 'in a namespace'
  const parts = [
    `## ${kind}`,
    `${description} \`${group}/${version}\`, \`kubectl get ${plural}\` or \`${shortName}\`, ${place}.`,
    fieldTable(spec, 'spec'),
    ...(status ? [fieldTable(status, 'status')] : []),
  ]
  return parts.join('\n\n')
}

export const renderReference = (): string =>
  `${['<!-- Generated from api/ by `make gen`; do not edit. -->', '# Reference', ...CUSTOM_RESOURCES.map(renderResource)].join(
    '\n\n',
  )}\n`
