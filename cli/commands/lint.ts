import { CliError, type Command, type Session, type Values } from '../command.ts'
import { lintFiles, renderProblemLine } from '../lint/lint.ts'
import { printValue } from '../output/print-object.ts'

const pathsOf = ({ filename }: Values): readonly string[] => {
  if (Array.isArray(filename)) return filename
  throw new CliError('lint needs a file, a folder or - for standard input, e.g. lint -f deploy.yaml', 2)
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const run = async (session: Session, _target: string, values: Values): Promise<number> => {
  const files = (await Promise.all(pathsOf(values).map(session.readInput))).flat()
  const linted = lintFiles(files)
  const { checked, others, problems, warnings } = linted
  const { terminal, format } = session
  if (format === 'json' || format === 'yaml') terminal.write(printValue(linted, format))
  else {
    const rest = others === 0 ? '' : `; ${plural(others, 'object')} of other kinds`
    const doubts = warnings.length === 0 ? '' : `, ${plural(warnings.length, 'warning')}`
    const sum = `${plural(checked, 'object')} checked in ${plural(files.length, 'file')}, ${plural(problems.length, 'problem')}${doubts}${rest}`
    terminal.write(
      `${[...problems.map(one => renderProblemLine(one)), ...warnings.map(one => renderProblemLine(one, 'warning')), sum].join('\n')}\n`,
    )
  }
  return problems.length > 0 ? 1 : 0
}

export const lint: Command = {
  name: 'lint',
  summary: 'find what is wrong in manifests, without a cluster; exits 1 when there is something',
  options: [{ flags: '-f, --filename <path...>', description: 'file, folder of them, or - for standard input' }],
  examples: ['lint -f deploy.yaml', 'lint -f manifests/ -o json', 'lint -f -'],
  run,
}
