/** The admission chain of the server. */
import type { Api } from '../api.ts'
import type { AdmissionChain } from './chain.ts'
import { validateByPolicies } from './policies.ts'
import { isExempt, mutateByWebhooks, validateByWebhooks } from './webhooks.ts'

/** Mutating webhooks; then policies and validating webhooks. `api` is asked late, since it holds this chain itself. */
export const makeAdmission = (api: () => Api): AdmissionChain => ({
  mutate: async (attributes, setDefaults) =>
    isExempt(attributes) ? (attributes.object ?? {}) : mutateByWebhooks(api(), attributes, setDefaults),
  validate: async attributes => {
    if (isExempt(attributes)) return
    validateByPolicies(api(), attributes)
    await validateByWebhooks(api(), attributes)
  },
})
