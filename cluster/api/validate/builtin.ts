/** Which validation each built-in kind has. */
import type { Behaviour } from '../kind.ts'

type Validation = Pick<Behaviour, 'validate' | 'validateUpdate'>

const VALIDATIONS: { readonly [storage: string]: Validation } = {}

export const validationOf = (storage: string): Validation => VALIDATIONS[storage] ?? {}
