/** The rights of a process one by one, as the API server can be asked about them. Pure. */
import type { Pod } from '../../api/kubernetes.ts'
import { type Component, makeRights, type PolicyRule } from '../../api/rights.ts'
import { type Process, podsOf } from './processes.ts'

export type Right = {
  readonly verb: string
  readonly group: string
  /** With its subresource, e.g. `deployments/status`. */
  readonly resource: string
  /** Of this object only. */
  readonly name?: string
  /** In this namespace only; everywhere when absent. */
  readonly namespace?: string
}

const spread = ({ apiGroups, resources, verbs, resourceNames }: PolicyRule, namespace?: string): readonly Right[] =>
  apiGroups.flatMap(group =>
    resources.flatMap(resource =>
      verbs.flatMap(verb =>
        (resourceNames ?? [undefined]).map(name => ({
          verb,
          group,
          resource,
          ...(name !== undefined && { name }),
          ...(namespace !== undefined && { namespace }),
        })),
      ),
    ),
  )

/** A webhook whose certificate somebody else keeps needs fewer. Told by the flags of its pods. */
const partOf = (process: Process, pods: readonly Pod[]): Component => {
  const [pod] = podsOf(pods, process)
  const flags = (pod?.spec.containers ?? []).flatMap(({ command = [], args = [] }) => [...command, ...args])
  return process === 'webhook' && flags.some(flag => flag.startsWith('--certificate-dir')) ? 'webhookMounted' : process
}

export type Installed = {
  /** Where Sluice runs. */
  readonly namespace: string
  /** Name of its MutatingWebhookConfiguration. */
  readonly configuration: string
  readonly pods: readonly Pod[]
}

export const rightsOf = (process: Process, { namespace, configuration, pods }: Installed): readonly Right[] => {
  const { cluster, own } = makeRights(configuration)[partOf(process, pods)]
  return [...cluster.flatMap(rule => spread(rule)), ...own.flatMap(rule => spread(rule, namespace))]
}
