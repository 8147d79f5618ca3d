import type { Command } from '../command.ts'
import { steer } from '../steer.ts'
import { steerRetry } from '../steering.ts'

export const retry: Command = {
  name: 'retry',
  summary: 'try an aborted update again from its first step',
  argument: '<name>',
  examples: ['retry web'],
  run: (session, target) => steer(session, target, steerRetry),
}
