import { CliError, type Command } from '../command.ts'
import { SCRIPTS } from '../completion/scripts.ts'

export const completion: Command = {
  name: 'completion',
  summary: 'print what a shell needs to complete command lines: bash, zsh or fish',
  argument: '<shell>',
  takes: 'words',
  examples: ['completion bash', 'completion zsh', 'completion fish'],
  run: async ({ terminal }, shell) => {
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
    if (script === undefined)
      throw new CliError(
        `${JSON.stringify(shell)} is no shell that is known; completion takes ${Object.keys(SCRIPTS).join(', ')}, e.g. source <(sluice completion bash)`,
        2,
      )
    terminal.write(script)
    return 0
  },
}
