/**
 * Ends the pods' processes when the cluster's own process is gone, even by SIGKILL.
 *
 * One small shell process reads the process groups that run from its standard input, a pipe that only the cluster's process writes
 * to. However that process ends, the kernel closes the pipe; the shell then reads the end of input and kills every group that it was told of.
 * Compared with the alternatives: PR_SET_PDEATHSIG is not on macOS, not reachable from Node without another program, and reaches only the child itself, not
 * what it started; a pipe as standard input of every pod's process works only for programs that watch it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const SCRIPT = `
groups=' '
while read -r change group; do
  case $change in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% "$group" *} \${groups#* "$group" }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
exit 0
`

export class Watchdog {
  readonly #child: ChildProcess

  constructor() {
    // A session of its own: Ctrl-C in the terminal must not reach it before the pipe is closed.
    this.#child = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    // Without a shell there is no watchdog; pods still end in an ordinary stop.
    this.#child.on('error', () => {})
    this.#child.stdin?.on('error', () => {})
    this.#child.unref()
  }

  /** A process group to be killed when this process is gone. */
  watch(group: number): void {
    this.#child.stdin?.write(`+ ${group}\n`)
  }

  /** The group has ended; its number may be given to others. */
  forget(group: number): void {
    this.#child.stdin?.write(`- ${group}\n`)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return
    const exited = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await exited
  }
}
