import { explainRun } from '../../view/explain.ts'
import { phaseOf } from '../../view/phase.ts'
import { numbersReader } from '../../view/read-numbers.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import type { Command, Session } from '../command.ts'
import { printValue } from '../output/print-object.ts'
import { renderExplain } from '../output/render-explain.ts'
import { parseTarget } from '../target.ts'

const run = async (session: Session, target: string): Promise<number> => {
  const name = parseTarget(target)
  const { client, namespace } = await session.cluster()
  const { terminal, format, sluiceNamespace, now } = session
  const view = await readRolloutView(client, namespace, name)
  const asked = view.analysisRuns.length === 0 ? undefined : await numbersReader({ client, sluiceNamespace, now })(view)
  const numbers = asked !== undefined && 'seconds' in asked ? asked : undefined
  const why = asked !== undefined && 'unknown' in asked ? `. ${asked.unknown}` : ''
  const source =
    numbers === undefined
      ? `as the AnalysisRun noted them${why}`
      : `of ${numbers.answered} ${numbers.answered === 1 ? 'router' : 'routers'}, asked now`
  const runs = view.analysisRuns.map(one => explainRun(one, numbers, now()))
  const explained = { name, phase: phaseOf(view), runs, source }
  if (format === 'json' || format === 'yaml') terminal.write(printValue({ namespace, ...explained }, format))
  else {
    const width = format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width
    terminal.write(`${renderExplain(explained, { style: terminal.style, width, now: now() }).join('\n')}\n`)
  }
  return 0
}

export const explain: Command = {
  name: 'explain',
  summary: 'the numbers behind the present verdict: what was measured, how sure it is, what would end it',
  argument: '<name>',
  examples: ['explain web', 'explain web -o json'],
  run,
}
