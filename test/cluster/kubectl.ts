/** The real kubectl, of the version that is tested against (tools/setup kubectl). */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const KUBECTL = resolve(import.meta.dirname, '../../tools/kubectl/bin/kubectl')

/** What kubectl printed; rejects with what it said on standard error. */
export const kubectl = async (kubeconfig: string, namespace: string, args: readonly string[]): Promise<string> => {
  try {
    const { stdout } = await run(KUBECTL, ['--kubeconfig', kubeconfig, '--namespace', namespace, ...args], { timeout: 120_000 })
    return stdout
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new Error(`kubectl ${args.join(' ')}: ${stderr || message}`)
  }
}
