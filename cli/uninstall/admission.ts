/** The objects by which the API server asks the webhook, and the guard of held Deployments. */
import { guardName } from '../../api/names.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'
import { MUTATING_WEBHOOKS } from '../../kube/resources.ts'

const policy = (plural: string, kind: string): Resource => ({ ...MUTATING_WEBHOOKS, plural, kind })

/** Deletes them where they are there; answers how many were. A user is never held up by a webhook that has gone. */
export const removeAdmission = async (client: KubeClient, configuration: string): Promise<number> => {
  const guard = guardName(configuration)
  let removed = 0
  for (const [resource, name] of [
    [MUTATING_WEBHOOKS, configuration],
    [policy('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding'), guard],
    [policy('validatingadmissionpolicies', 'ValidatingAdmissionPolicy'), guard],
  ] as const)
    try {
      await client.delete(resource, { name })
      removed += 1
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  return removed
}
