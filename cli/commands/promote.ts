import { steerPromote, steerPromoteFull, steerSkip } from '../../view/steering.ts'
import type { Command, Values } from '../command.ts'
import { steer } from '../steer.ts'

const chooseSteer = ({ full, skipCurrentStep, skipAllSteps }: Values) => {
  if (full === true) return steerPromoteFull
  if (skipAllSteps === true) return steerSkip('all steps')
  return skipCurrentStep === true ? steerSkip('current step') : steerPromote
}

export const promote: Command = {
  name: 'promote',
  summary: 'let an update go on to its next step, or to the end with --full',
  argument: '<name>',
  options: [
    { flags: '--full', description: 'skip all remaining steps, pauses and analyses' },
    { flags: '-c, --skip-current-step', description: 'leave the present step, whatever it waits for' },
    { flags: '-a, --skip-all-steps', description: 'leave all steps; the background analysis still judges' },
  ],
  examples: ['promote web', 'promote web --full'],
  run: (session, target, values) => steer(session, target, chooseSteer(values)),
}
