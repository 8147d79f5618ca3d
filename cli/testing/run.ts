/** Runs a command line against an API server in memory and keeps what it prints. */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { CliError } from '../command.ts'
import { runProgram } from '../program.ts'
import type { MemoryApi } from './memory-api.ts'
import { NOW } from './objects.ts'

export type Ran = { readonly code: number; readonly out: string; readonly err: string }

export type RunOptions = {
  readonly isTerminal?: boolean
  readonly noColor?: string
  readonly columns?: number
  readonly rows?: number
  readonly onSleep?: () => void
  /** Ctrl-C at the sleep of this number. */
  readonly stopAtSleep?: number
  /** What stands in files, by name. */
  readonly files?: { readonly [name: string]: string }
}

/** Time passes only by sleeping; `line` is split at spaces. */
export const run = async (
  api: MemoryApi,
  line: string,
  { isTerminal = false, noColor, columns, rows, onSleep, stopAtSleep, files = {} }: RunOptions = {},
): Promise<Ran> => {
  let out = ''
  let err = ''
  let now = NOW
  let sleeps = 0
  const interrupt = new AbortController()
  const code = await runProgram({
    argv: line.split(' '),
    name: 'sluice',
    write: text => {
      out += text
    },
    writeError: text => {
      err += text
    },
    isTerminal,
    columns,
    rows,
    noColor,
    readInput: async path => {
      const names = Object.keys(files).filter(name => name === path || name.startsWith(`${path}/`))
      if (names.length === 0) throw new CliError(`${path}: no such file or folder`)
      return names.map(name => ({ name, text: files[name] ?? '' }))
    },
    connect: async ({ namespace }) => ({
      client: api.client,
      stream: api.stream,
      namespace: namespace ?? 'shop',
      server: 'https://127.0.0.1:6443',
    }),
    now: () => now,
    sleep: async ms => {
      now += ms
      sleeps += 1
      if (sleeps === stopAtSleep) interrupt.abort()
      // What was begun and waits for nothing but its turn goes on meanwhile.
      await new Promise(resolve => setImmediate(resolve))
      onSleep?.()
    },
    signal: interrupt.signal,
  })
  return { code, out, err }
}

/** Compares with cli/golden/NAME.txt; `node FILE.test.ts --update` writes what is there now. */
export const assertGolden = (name: string, text: string): void => {
  const file = new URL(`../golden/${name}.txt`, import.meta.url)
  if (process.argv.includes('--update')) writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}
