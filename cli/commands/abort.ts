import { steerAbort } from '../../view/steering.ts'
import type { Command } from '../command.ts'
import { steer } from '../steer.ts'

export const abort: Command = {
  name: 'abort',
  summary: 'stop an update and send all traffic back to the stable version',
  argument: '<name>',
  takes: 'names',
  examples: ['abort web'],
  run: (session, target) => steer(session, target, steerAbort),
}
