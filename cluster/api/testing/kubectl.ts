/** Runs the kubectl that tools/setup installs. */
import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const BINARY = fileURLToPath(new URL('../../../tools/kubectl/bin/kubectl', import.meta.url))

export type KubectlResult = { readonly code: number; readonly stdout: string; readonly stderr: string }

export type Kubectl = (
  args: string,
  options?: { readonly input?: string; readonly env?: { readonly [name: string]: string } },
) => Promise<KubectlResult>

const wordsOf = (args: string): readonly string[] =>
  (args.match(/'[^']*'|\S+/g) ?? []).map(word => word.replace(/^'(.*)'$/s, '$1'))

/**
 * A kubectl for one kubeconfig, with a home of its own so that no cache outlives a test. Arguments are split at spaces; single quotes
 * keep words together.
 */
export const makeKubectl = async (kubeconfig: string, home: string): Promise<Kubectl> => {
  await access(BINARY).catch(() => {
    throw new Error('there is no kubectl; install it with `tools/setup kubectl`')
  })
  return (args, { input, env = {} } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(BINARY, ['--kubeconfig', kubeconfig, ...wordsOf(args)], {
        env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
      })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
      child.on('error', reject)
      child.on('close', code =>
        resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
      )
      child.stdin.end(input ?? '')
    })
}

/** As kubectl, but fails when kubectl does; gives what it printed. */
export const mustSucceed =
  (kubectl: Kubectl) =>
  async (args: string, options?: Parameters<Kubectl>[1]): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(args, options)
    if (code !== 0) throw new Error(`kubectl ${args} failed with ${code}: ${stderr}${stdout}`)
    return stdout
  }

/** A kubectl that keeps running, e.g. a watch: its output so far, and a way to wait for more. */
export const startKubectl = (kubeconfig: string, home: string, args: string) => {
  const child = spawn(BINARY, ['--kubeconfig', kubeconfig, ...wordsOf(args)], {
    env: { PATH: process.env['PATH'] ?? '', HOME: home },
  })
  let output = ''
  const waiting = new Set<() => void>()
  const onData = (chunk: Buffer) => {
    output += chunk.toString()
    for (const check of [...waiting]) check()
  }
  child.stdout.on('data', onData)
  child.stderr.on('data', onData)
  const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
  return {
    /** Resolves once the output matches; rejects when kubectl ends before that. */
    until: (pattern: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!pattern.test(output)) return
          waiting.delete(check)
          resolve(output)
        }
        waiting.add(check)
        check()
        void ended.then(() =>
          pattern.test(output) ? resolve(output) : reject(new Error(`kubectl ${args} ended before ${pattern}: ${output}`)),
        )
      }),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
