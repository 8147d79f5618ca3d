import { steerPause } from '../../view/steering.ts'
import type { Command } from '../command.ts'
import { steer } from '../steer.ts'

export const pause: Command = {
  name: 'pause',
  summary: 'stop an update where it is',
  argument: '<name>',
  takes: 'names',
  examples: ['pause web'],
  run: (session, target) => steer(session, target, steerPause),
}
