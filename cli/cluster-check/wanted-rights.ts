/** The rights of a process one by one, as the API server can be asked about them. Pure. */
import { makeRights, type PolicyRule } from '../../api/rights.ts'
import type { Process } from './processes.ts'

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

/** `configuration`: name of the MutatingWebhookConfiguration; `namespace`: where Sluice runs. */
export const rightsOf = (process: Process, configuration: string, namespace: string): readonly Right[] => {
  const { cluster, own } = makeRights(configuration)[process]
  return [...cluster.flatMap(rule => spread(rule)), ...own.flatMap(rule => spread(rule, namespace))]
}
