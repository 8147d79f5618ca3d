import { checkDeployment, type Finding, type Section } from '../check-report.ts'
import { runClusterCheck } from '../cluster-check/run.ts'
import type { Command, Session } from '../command.ts'
import { printValue } from '../output/print-object.ts'
import type { RenderOptions, Style } from '../output/style.ts'
import { wrap } from '../output/table.ts'
import { readChecked } from '../read-checked.ts'
import { parseTarget } from '../target.ts'

const MARKS: { readonly [verdict in Finding['verdict']]: readonly [icon: string, colour: keyof Style] } = {
  good: ['✔', 'good'],
  bad: ['✖', 'bad'],
  note: ['–', 'dim'],
}

export const renderCheck = (
  sections: readonly Section[],
  { style, width }: Pick<RenderOptions, 'style' | 'width'>,
): readonly string[] =>
  sections.flatMap(({ title, findings }) => [
    style.bold(title),
    ...findings.flatMap(({ verdict, text }) => {
      const [icon, colour] = MARKS[verdict]
      return wrap(`  ${style[colour](icon)} ${text}`, width, '    ')
    }),
  ])

const run = async (session: Session, target: string): Promise<number> => {
  // A Deployment of that name is deployment/cluster.
  if (target === 'cluster') return runClusterCheck(session)
  const name = parseTarget(target)
  const { client, namespace } = await session.cluster()
  const { terminal, format, now } = session
  const sections = checkDeployment(await readChecked(client, { namespace, name, sluice: session.sluiceNamespace, now: now() }))
  if (format === 'json' || format === 'yaml') terminal.write(printValue({ namespace, name, sections }, format))
  else {
    const lines = renderCheck(sections, {
      style: terminal.style,
      width: format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width,
    })
    terminal.write(`Deployment ${namespace}/${name}\n\n${lines.join('\n')}\n`)
  }
  return sections.some(({ findings }) => findings.some(one => one.verdict === 'bad')) ? 1 : 0
}

export const check: Command = {
  name: 'check',
  summary:
    'check a Deployment, its Services and how its traffic can be split; or with the name `cluster` what Sluice needs there',
  argument: '<name>',
  examples: ['check deployment/web', 'check web -o json', 'check cluster'],
  run,
}
