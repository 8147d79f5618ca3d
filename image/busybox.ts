/** Debian's static busybox as the only content of an image, for containers that need a shell (tests). */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Entry, program } from './entries.ts'
import { sharedLibraries } from './node-runtime.ts'

const BUSYBOX = '/bin/busybox'

/** Its entries. Throws when this machine has no static busybox. */
export const busybox = (): readonly Entry[] => {
  if (!existsSync(BUSYBOX) || sharedLibraries(BUSYBOX).length > 0)
    throw new Error(`${BUSYBOX} is not a static program on this machine; install the package busybox-static`)
  const commands = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  return [
    program(BUSYBOX, BUSYBOX),
    ...commands
      .filter(name => name !== 'busybox')
      .map((name): Entry => ({ type: 'symlink', path: `/bin/${name}`, target: 'busybox' })),
    { type: 'directory', path: '/tmp', mode: 0o1777 },
  ]
}
