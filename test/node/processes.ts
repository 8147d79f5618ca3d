/** Sluice's own processes on the test node, found by their command line: the tests share the node's process namespace. */
import { readdirSync, readFileSync } from 'node:fs'

export type Component = 'controller' | 'router' | 'webhook'

const commandLine = (pid: string): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    // It ended meanwhile.
    return []
  }
}

const processesOf = (component: Component): readonly number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      const [, main = '', first] = commandLine(pid)
      return main.endsWith('/main.mjs') && first === component
    })
    .map(Number)

export const countOf = (component: Component): number => processesOf(component).length

/** SIGKILL to `most` processes of a component (all when absent); returns how many there were. */
export const killProcesses = (component: Component, most = Number.POSITIVE_INFINITY): number => {
  const chosen = processesOf(component).slice(0, most)
  for (const pid of chosen) process.kill(pid, 'SIGKILL')
  return chosen.length
}
