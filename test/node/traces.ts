/** What Sluice would leave behind: any object of any kind that the API server has, by its own names and keys. */
import type { KubeObject } from '../../api/kubernetes.ts'
import { PREFIX } from '../../api/names.ts'
import { waitFor } from '../../local/wait.ts'
import { type NodeLab, SYSTEM } from './lab.ts'

/** The chart keeps the definitions unless told otherwise, so that nobody's templates are lost; events are a record of what was. */
const KEPT = ['customresourcedefinitions.apiextensions.k8s.io', 'events', 'events.events.k8s.io']
/** Notes on users' own objects that change nothing. */
const SETTINGS = ['strategy', 'steps', 'analysis'].map(key => `${PREFIX}${key}`)

const isOurs = ({ metadata }: KubeObject): boolean => {
  const keys = [...Object.keys(metadata.annotations ?? {}), ...Object.keys(metadata.labels ?? {})]
  return (
    metadata.namespace === SYSTEM ||
    metadata.labels?.['app.kubernetes.io/name'] === 'sluice' ||
    metadata.name.startsWith('sluice-') ||
    keys.some(key => key.startsWith(PREFIX) && !SETTINGS.includes(key))
  )
}

/** Made by Kubernetes in every namespace. */
const isNative = (kind: string, { metadata }: KubeObject): boolean =>
  (kind === 'serviceaccounts' && metadata.name === 'default') || (kind === 'configmaps' && metadata.name === 'kube-root-ca.crt')

const listTraces = async ({ kubectl }: NodeLab): Promise<readonly string[]> => {
  const kinds = (await kubectl('api-resources', '--verbs=list', '--output=name')).trim().split('\n')
  const traces: string[] = []
  for (const kind of kinds.filter(name => !KEPT.includes(name))) {
    const { items } = JSON.parse(await kubectl('get', kind, '--all-namespaces', '--output=json')) as {
      readonly items: readonly KubeObject[]
    }
    const found = items.filter(item => isOurs(item) && !isNative(kind, item) && item.kind !== 'Namespace')
    traces.push(...found.map(({ metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`))
  }
  return traces
}

/** Waits until no object of Sluice is there; tells which were when it never comes to that. */
export const untilNothingIsLeft = async (lab: NodeLab): Promise<void> => {
  let last: readonly string[] = []
  await waitFor({ what: 'no object of Sluice to be left', timeoutMs: 30_000, everyMs: 1000 }, async () => {
    last = await listTraces(lab)
    return last.length === 0
  }).catch(error => {
    throw new Error(`${error.message}: ${last.join(', ')}`)
  })
}
