import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ENV } from './environment.ts'
import { type Answer, agree, answer } from './values.ts'

type Case = { readonly name: string; readonly source: string; readonly exact?: true; readonly text?: string; readonly go: Answer }

const cases = readFileSync(join(import.meta.dirname, 'regressions.jsonl'), 'utf8')
  .split('\n')
  .filter(line => line !== '')
  .map(line => JSON.parse(line) as Case)

describe('as Go answered when it was recorded:', () => {
  for (const { name, source, exact, text, go } of cases) {
    test(name, () => {
      const ours = answer({ source, env: ENV })
      assert.ok(agree(ours, go), `${source}\nours ${JSON.stringify(ours)}\nGo   ${JSON.stringify(go)}`)
      if (exact) assert.equal(ours.text, text)
    })
  }
})
