import { steerResume } from '../../view/steering.ts'
import type { Command } from '../command.ts'
import { steer } from '../steer.ts'

export const resume: Command = {
  name: 'resume',
  summary: 'let a paused update go on',
  argument: '<name>',
  takes: 'names',
  examples: ['resume web'],
  run: (session, target) => steer(session, target, steerResume),
}
