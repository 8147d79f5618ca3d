/** The ready triggers and templates: printed as a ConfigMap, or added to the cluster's. */
import type { KubeObject } from '../api/kubernetes.ts'
import { orAbsent } from '../kube/errors.ts'
import { CONFIG_MAPS } from '../kube/resources.ts'
import { catalogue } from '../notifications/catalogue.ts'
import { CONFIG_MAP_NAME } from '../notifications/config.ts'
import { patchFresh } from '../view/patch-fresh.ts'
import type { Session } from './command.ts'
import { printValue } from './output/print-object.ts'

type Texts = { readonly [key: string]: string }
type ConfigMap = KubeObject & { readonly data?: Texts }

export const catalogueMap = (namespace: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: CONFIG_MAP_NAME, namespace },
  data: catalogue(),
})

/** What of the catalogue the ConfigMap lacks is added; what it has stays, also where it says something else. */
const add = async (session: Session): Promise<number> => {
  const { client } = await session.cluster()
  const { sluiceNamespace: namespace, terminal } = session
  return patchFresh(async () => {
    const wanted = catalogueMap(namespace)
    const found = await orAbsent(client.get<ConfigMap>(CONFIG_MAPS, { namespace, name: CONFIG_MAP_NAME }))
    const own = found?.data ?? {}
    const missing = Object.fromEntries(Object.entries(wanted.data ?? {}).filter(([key]) => !Object.hasOwn(own, key)))
    const added = Object.keys(missing)
    const kept = Object.keys(wanted.data ?? {}).filter(key => !added.includes(key))
    if (found === undefined) await client.create(CONFIG_MAPS, wanted)
    else if (added.length > 0) {
      const { resourceVersion } = found.metadata
      const body = { metadata: { resourceVersion }, data: missing }
      await client.patch(CONFIG_MAPS, { namespace, name: CONFIG_MAP_NAME }, 'merge', body)
    }
    terminal.write(`added to ConfigMap ${CONFIG_MAP_NAME} in namespace ${namespace}: ${added.join(', ') || 'nothing'}\n`)
    if (kept.length > 0) terminal.write(`left as they were: ${kept.join(', ')}\n`)
    return 0
  })
}

export const runCatalogue = async (session: Session, isToAdd: boolean): Promise<number> => {
  if (isToAdd) return add(session)
  session.terminal.write(printValue(catalogueMap(session.sluiceNamespace), session.format === 'json' ? 'json' : 'yaml'))
  return 0
}
