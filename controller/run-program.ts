/** Runs a program of whoever installed the controller, without a shell: a metric plugin. */
import { execFile } from 'node:child_process'
import { extname } from 'node:path'
import type { RunProgram } from '../analysis/providers/plugin.ts'

const MAX_OUTPUT = 1024 * 1024
/** Of what it says when it fails. */
const MAX_REASON = 300

const reasonOf = (
  error: Error & { readonly killed?: boolean; readonly code?: unknown },
  stderr: string,
  timeoutMs: number,
): string => {
  if (error.killed) return `it did not end within ${timeoutMs / 1000} s, or said more than ${MAX_OUTPUT} bytes`
  if (typeof error.code === 'string') return `it cannot be run (${error.code})`
  const said = stderr.trim().slice(0, MAX_REASON)
  return `it ended with ${error.code ?? 'a signal'}${said === '' ? '' : `: ${said}`}`
}

/** It sees nothing of the controller's environment but PATH: credentials are there. A .js or .mjs file is run by this Node, since the image has no shell. */
export const runProgram: RunProgram = (program, input, timeoutMs) =>
  new Promise((resolve, reject) => {
    const isScript = ['.js', '.mjs', '.ts'].includes(extname(program))
    const [file, args] = isScript ? [process.execPath, [program]] : [program, []]
    const options = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: MAX_OUTPUT,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    }
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(reasonOf(error, stderr, timeoutMs)))
    })
    // A program that ends without reading its input is no error by itself.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
