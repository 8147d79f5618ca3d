/** All commands, in the order in which help lists them. */
import type { Command } from '../command.ts'
import { abort } from './abort.ts'
import { adopt } from './adopt.ts'
import { check } from './check.ts'
import { completion } from './completion.ts'
import { create } from './create.ts'
import { dashboard } from './dashboard.ts'
import { eject } from './eject.ts'
import { explain } from './explain.ts'
import { get } from './get.ts'
import { lint } from './lint.ts'
import { list } from './list.ts'
import { logs } from './logs.ts'
import { notifications } from './notifications.ts'
import { pause } from './pause.ts'
import { promote } from './promote.ts'
import { restart } from './restart.ts'
import { resume } from './resume.ts'
import { retry } from './retry.ts'
import { set } from './set.ts'
import { simulate } from './simulate.ts'
import { status } from './status.ts'
import { terminate } from './terminate.ts'
import { undo } from './undo.ts'
import { uninstall } from './uninstall.ts'
import { version } from './version.ts'

export const COMMANDS: readonly Command[] = [
  list,
  get,
  explain,
  status,
  logs,
  promote,
  abort,
  retry,
  pause,
  resume,
  restart,
  set,
  undo,
  terminate,
  create,
  eject,
  uninstall,
  check,
  adopt,
  lint,
  simulate,
  notifications,
  dashboard,
  completion,
  version,
]
