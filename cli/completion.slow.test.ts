/** The completion scripts in the shells themselves, and kubectl with the plugin; what is not installed here is skipped. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sluice-completion-'))
symlinkSync(join(here, 'sluice'), join(folder, 'sluice'))
symlinkSync(join(here, 'sluice'), join(folder, 'kubectl-sluice'))
symlinkSync(join(here, 'kubectl_complete-sluice'), join(folder, 'kubectl_complete-sluice'))
after(() => rmSync(folder, { recursive: true }))

/** No cluster: a kubeconfig that is not there. */
const env = {
  ...process.env,
  PATH: `${folder}${delimiter}${process.env['PATH']}`,
  KUBECONFIG: join(folder, 'none'),
  HOME: folder,
}
const output = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { env, encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] })

const skip = (program: string) => ({
  skip: spawnSync(program, ['--help'], { env }).error === undefined ? false : `${program} is not installed`,
})

const BASH = `
source <(sluice completion bash)
COMP_WORDS=(sluice "$1"); COMP_CWORD=1; _sluice; printf '%s\\n' "\${COMPREPLY[@]}"
`

test('bash completes commands', skip('bash'), () => {
  assert.equal(output('bash', '-c', BASH, 'bash', 're'), 'retry\nresume\nrestart\n')
})

const ZSH = `
autoload -Uz compinit; compinit -u -D
source <(sluice completion zsh)
_describe() { print -l -- "\${(@P)2}" }
words=(sluice "$1"); CURRENT=2; _sluice
`

test('zsh completes commands with their descriptions', skip('zsh'), () => {
  const lines = output('zsh', '-fc', ZSH, 'zsh', 'abor').trimEnd().split('\n')
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /^abort:stop an update/)
})

test('fish completes commands with their descriptions, and formats', skip('fish'), () => {
  assert.match(output('fish', '-c', 'sluice completion fish | source; complete -C "sluice abor"'), /^abort\tstop an update/)
  assert.equal(output('fish', '-c', 'sluice completion fish | source; complete -C "sluice get -o j"'), 'json\n')
})

test('kubectl completes the plugin', skip('kubectl'), () => {
  assert.match(output('kubectl', '__complete', 'sluice', 'abor'), /^abort\tstop an update.*\n:4\n/)
})
