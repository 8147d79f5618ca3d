/** The last stage of image/Dockerfile makes the image that image/sluice-image.ts describes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SLUICE_CONFIG } from './sluice-image.ts'

type Instruction = { readonly word: string; readonly rest: string }

/** The instructions of each stage; lines that go on in the next one are not used there. */
const readStages = (text: string): readonly (readonly Instruction[])[] => {
  const stages: Instruction[][] = []
  for (const line of text.split('\n').filter(one => one !== '' && !one.startsWith('#'))) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*[^\\])$/.exec(line) ?? assert.fail(`not an instruction: ${line}`)
    if (word === 'FROM') stages.push([])
    stages.at(-1)?.push({ word, rest })
  }
  return stages
}

const [build = [], final = [], ...more] = readStages(readFileSync(join(import.meta.dirname, 'Dockerfile'), 'utf8'))
const all = (stage: readonly Instruction[], word: string) => stage.filter(one => one.word === word).map(({ rest }) => rest)

test('the last stage starts from nothing and takes what the build wrote, and only that', () => {
  assert.deepEqual(more, [])
  assert.deepEqual(all(final, 'FROM'), ['scratch'])
  assert.deepEqual(all(final, 'COPY'), ['--from=build /out/runtime/ /', '--from=build /out/app/ /'])
  assert.ok(all(build, 'RUN').includes('node image/build.ts --root /out'))
  assert.deepEqual(all(final, 'RUN'), [])
})

test('it starts as the image that is built without Docker', () => {
  const one = (word: string) => all(final, word).join('; ')
  const labels = all(final, 'LABEL').map(rest => {
    const [, name = '', value = ''] = /^(\S+)="(.*)"$/.exec(rest) ?? assert.fail(`LABEL ${rest}`)
    return [name, value]
  })
  assert.deepEqual(
    {
      Entrypoint: JSON.parse(one('ENTRYPOINT')),
      User: one('USER'),
      Env: all(final, 'ENV'),
      WorkingDir: one('WORKDIR'),
      Labels: Object.fromEntries(labels),
    },
    SLUICE_CONFIG,
  )
})

test('it is built with the Node that the other way uses', () => {
  assert.match(all(build, 'FROM').join(), /^node:24-/)
})
