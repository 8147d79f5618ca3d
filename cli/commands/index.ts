/** All commands, in the order in which help lists them. */
import type { Command } from '../command.ts'
import { abort } from './abort.ts'
import { adopt } from './adopt.ts'
import { check } from './check.ts'
import { eject } from './eject.ts'
import { explain } from './explain.ts'
import { get } from './get.ts'
import { lint } from './lint.ts'
import { list } from './list.ts'
import { pause } from './pause.ts'
import { promote } from './promote.ts'
import { resume } from './resume.ts'
import { retry } from './retry.ts'
import { simulate } from './simulate.ts'
import { status } from './status.ts'
import { undo } from './undo.ts'
import { uninstall } from './uninstall.ts'
import { version } from './version.ts'

export const COMMANDS: readonly Command[] = [
  list,
  get,
  explain,
  status,
  promote,
  abort,
  retry,
  pause,
  resume,
  undo,
  eject,
  uninstall,
  check,
  adopt,
  lint,
  simulate,
  version,
]
