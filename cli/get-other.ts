/** `get experiment NAME` and `get analysisrun NAME`: once, or followed until Ctrl-C. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { KubeObject } from '../api/kubernetes.ts'
import { ANALYSIS_RUNS, EXPERIMENTS } from '../kube/resources.ts'
import { readExperimentView, readObject } from '../view/read-objects.ts'
import { CliError, type Session } from './command.ts'
import type { Named } from './experiment-target.ts'
import { fitRows, optionsOf, repaint } from './output/paint.ts'
import { printObject } from './output/print-object.ts'
import { renderExperiment, renderRun } from './output/render-experiments.ts'
import type { RenderOptions } from './output/style.ts'

type Page = { readonly object: KubeObject; readonly lines: (options: RenderOptions) => readonly string[] }

const WHERE: { readonly [kind: string]: string } = {
  Experiment: 'list experiments shows what there is',
  AnalysisRun: 'kubectl get analysisruns shows what there is',
}

const readPage = async (session: Session, { resource, names: [name = ''] }: Named): Promise<Page> => {
  const { client, namespace } = await session.cluster()
  const missing = new CliError(`there is no ${resource.kind} ${name} in namespace ${namespace}; ${WHERE[resource.kind]}`)
  if (resource.kind === EXPERIMENTS.kind) {
    const view = await readExperimentView(client, namespace, name)
    if (view === undefined) throw missing
    return { object: view.experiment, lines: options => renderExperiment(view, options) }
  }
  const run = await readObject<AnalysisRun>(client, ANALYSIS_RUNS, namespace, name)
  if (run === undefined) throw missing
  return { object: run, lines: options => renderRun(run, options) }
}

/** Writes a page where it differs from the one before; the answer is what the next is compared with. */
type Show = (page: Page, last: string) => string

const showObjects =
  ({ terminal }: Session, format: 'json' | 'yaml'): Show =>
  ({ object }, last) => {
    const version = object.metadata.resourceVersion ?? ''
    if (version !== last || version === '')
      terminal.write(`${format === 'yaml' && last !== '' ? '---\n' : ''}${printObject(object, format)}`)
    return version
  }

/** Without what changes by itself: ages. */
const contentOf = (session: Session, { lines }: Page): string => lines({ ...optionsOf(session), now: 0 }).join('\n')

const showLines =
  (session: Session): Show =>
  (page, last) => {
    const content = contentOf(session, page)
    const text = page.lines(optionsOf(session)).join('\n')
    if (content !== last) session.terminal.write(`${last === '' ? '' : '\n'}${text}\n`)
    return content
  }

const paintLines =
  (session: Session): Show =>
  ({ lines }, last) => {
    const { terminal } = session
    if (last === '') terminal.write('\u001b[2J')
    terminal.write(repaint(fitRows(lines(optionsOf(session)), terminal)))
    return 'painted'
  }

const LOOK_MS = 1000

/** Answers the exit code. */
export const getOther = async (session: Session, named: Named, watch: boolean): Promise<number> => {
  const { terminal, format, signal, sleep } = session
  const isObject = format === 'json' || format === 'yaml'
  const lines = watch && terminal.isTerminal ? paintLines(session) : showLines(session)
  const show = isObject ? showObjects(session, format) : lines
  let last = show(await readPage(session, named), '')
  while (watch && !signal.aborted) {
    await sleep(LOOK_MS)
    if (!signal.aborted) last = show(await readPage(session, named), last)
  }
  return 0
}
