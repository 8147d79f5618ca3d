/** Step plugins as long as this process leads. */
import { makeHttpClient } from '../../analysis/providers/http.ts'
import type { RunProgram } from '../../analysis/providers/plugin.ts'
import type { Clock } from '../../kube/clock.ts'
import type { Logger } from '../../kube/log.ts'
import type { Caches } from '../caches.ts'
import { keyOf } from '../keys.ts'
import { makeStepPlugins, type StepPlugins } from './step-plugins.ts'

export type StepPluginSettings = { readonly addresses: ReadonlyMap<string, string>; readonly run: RunProgram }

const noPrograms: RunProgram = () => Promise.reject(new Error('no program is to be run'))

type Options = {
  readonly stepPlugins?: StepPluginSettings
  readonly caches: Pick<Caches, 'rollouts'>
  readonly clock: Clock
  readonly log: Logger
  readonly onAnswer: (key: string) => void
}

export const startStepPlugins = ({
  stepPlugins: { addresses, run } = { addresses: new Map(), run: noPrograms },
  caches,
  ...rest
}: Options): StepPlugins & { readonly stop: () => void } => {
  const http = makeHttpClient()
  const plugins = makeStepPlugins({ addresses, asking: { http, run }, ...rest })
  const forget = caches.rollouts.onChange((_, rollout, before) => {
    if (rollout === undefined && before !== undefined) plugins.forget(keyOf(before.metadata.namespace, before.metadata.name))
  })
  return {
    ...plugins,
    stop: () => {
      forget()
      void http.close()
    },
  }
}
