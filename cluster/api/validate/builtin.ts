/** Which validation each built-in kind has. */
import { validateDefinition, validateDefinitionUpdate } from '../crd/definition.ts'
import type { Behaviour } from '../kind.ts'

type Validation = Pick<Behaviour, 'validate' | 'validateUpdate'>

const VALIDATIONS: { readonly [storage: string]: Validation } = {
  'apiextensions.k8s.io/customresourcedefinitions': { validate: validateDefinition, validateUpdate: validateDefinitionUpdate },
}

export const validationOf = (storage: string): Validation => VALIDATIONS[storage] ?? {}
