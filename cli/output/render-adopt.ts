/** The page of `sluice adopt`: the annotations as a diff, why each, and what would be in the way. */
import { PREFIX } from '../../api/names.ts'
import type { Proposal } from '../adopt.ts'
import type { RenderOptions } from './style.ts'
import { wrap } from './table.ts'

const scalar = (value: string): string =>
  /^[\w%.,;()/* <>=-]+$/.test(value) && !/^[-*%>]|[:#]/.test(value) ? value : JSON.stringify(value)

/** `kept`: annotations that stand there already, of Sluice. */
const diffLines = (
  { annotations }: Proposal,
  hasAnnotations: boolean,
  { style }: Pick<RenderOptions, 'style'>,
): readonly string[] => [
  '  metadata:',
  hasAnnotations ? '    annotations:' : style.good('+   annotations:'),
  ...annotations.map(({ key, value }) => style.good(`+     ${PREFIX}${key}: ${scalar(value)}`)),
]

export const renderAdoption = (
  name: string,
  proposal: Proposal,
  { hasAnnotations, ...options }: Pick<RenderOptions, 'style' | 'width'> & { readonly hasAnnotations: boolean },
): readonly string[] => {
  const { style, width } = options
  const label = Math.max(...proposal.annotations.map(({ key }) => key.length)) + 2
  return [
    `Deployment ${name}`,
    '',
    ...diffLines(proposal, hasAnnotations, options),
    '',
    ...proposal.annotations.flatMap(({ key, why }) => wrap(`${key.padEnd(label)}${why}`, width, ' '.repeat(label))),
    ...(proposal.findings.length > 0 ? [''] : []),
    ...proposal.findings.flatMap(({ verdict, text }) =>
      wrap(`${verdict === 'bad' ? style.bad('✖') : style.waiting('–')} ${text}`, width, '  '),
    ),
  ]
}
