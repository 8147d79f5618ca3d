/** docs/reference.md, rendered from the annotations and the schemas of the resources. */

import { CHECK_FORMS } from './checks.ts'
import { CUSTOM_RESOURCES } from './custom-resources.ts'
import { PREFIX } from './names.ts'
import type { CustomResource } from './schema/custom-resource.ts'
import { type FieldRow, fieldRows } from './schema/fields.ts'
import type { Schema } from './schema/schema.ts'
import { SETTING_KEYS, SETTINGS } from './settings.ts'
import { STEP_FORMS } from './steps.ts'

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

const renderAnnotations = (): string =>
  [
    '## Annotations of a Deployment',
    `All keys begin with \`${PREFIX}\`. A wrong value is refused when it is new or changed, with the key, the value, what is allowed and an example. An unknown key is refused too.`,
    table(
      ['key', 'allowed', 'example', 'without it', 'meaning'],
      SETTING_KEYS.map(key => {
        const { allowed, example, absent, meaning } = SETTINGS[key]
        return [`\`${key}\``, allowed, `\`${example}\``, absent, meaning]
      }),
    ),
    '### Steps',
    table(
      ['step', 'meaning'],
      STEP_FORMS.map(({ form, meaning }) => [`\`${form}\``, meaning]),
    ),
    'Weights only go up. Blue-green puts `scale(100%)` in front by itself and knows no weight but `100%`; what stands after `100%` happens while the old version is still there to go back to.',
    '### Checks',
    table(
      ['check', 'meaning'],
      CHECK_FORMS.map(({ form, meaning }) => [`\`${form}\``, meaning]),
    ),
    'Durations are those of Go: `30s`, `2m`, `1h30m`, `250ms`. There is no unit for days.',
    '### YAML in `spec`',
    'The value is the `strategy` of a Rollout with `canary` in it. What is JSON is read everywhere. Other YAML is read where a YAML decoder is at hand: at admission, in the controller and on the command line.',
  ].join('\n\n')

export const renderReference = (): string =>
  `${[
    '<!-- Generated from api/ by `make gen`; do not edit. -->',
    '# Reference',
    renderAnnotations(),
    ...CUSTOM_RESOURCES.map(renderResource),
  ].join('\n\n')}\n`
