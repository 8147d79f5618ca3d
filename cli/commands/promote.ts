import type { Command } from '../command.ts'
import { steer } from '../steer.ts'
import { steerPromote, steerPromoteFull } from '../steering.ts'

export const promote: Command = {
  name: 'promote',
  summary: 'let an update go on to its next step, or to the end with --full',
  argument: '<name>',
  options: [{ flags: '--full', description: 'skip all remaining steps, pauses and analyses' }],
  examples: ['promote web', 'promote web --full'],
  run: (session, target, { full }) => steer(session, target, full === true ? steerPromoteFull : steerPromote),
}
