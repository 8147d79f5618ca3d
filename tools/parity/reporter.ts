/** A reporter for Node's test runner: one JSON line for each test that ended, with its file. */
import { relative } from 'node:path'

/** `name` is the test's own, without those of the suites around it. */
export type Ended = { readonly file: string; readonly name: string; readonly passed: boolean }

type TestEvent = {
  readonly type: string
  readonly data: { readonly name?: string; readonly file?: string; readonly skip?: unknown; readonly todo?: unknown }
}

/** A test that was skipped proves nothing. */
const endedOf = ({ type, data }: TestEvent): Ended | undefined => {
  if ((type !== 'test:pass' && type !== 'test:fail') || data.name === undefined || data.file === undefined) return undefined
  const wasRun = data.skip === undefined && data.todo === undefined
  return { file: relative(process.cwd(), data.file), name: data.name, passed: type === 'test:pass' && wasRun }
}

async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const ended = endedOf(event)
    if (ended !== undefined) yield `${JSON.stringify(ended)}\n`
  }
}

// Node takes a reporter from the default export only.
// biome-ignore lint/style/noDefaultExport: see above
export default report
