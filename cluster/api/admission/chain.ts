/** Admission: what may change or refuse a write before it is stored. */
import type { UserInfo } from '../call.ts'
import type { Draft, JsonObject } from '../json.ts'
import type { Kind } from '../kind.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export type AdmissionAttributes = {
  readonly operation: Operation
  readonly kind: Kind
  readonly subresource: string | undefined
  /** Kind of the object under review; differs from `kind` for subresources with a kind of their own, e.g. Scale. */
  readonly objectKind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly namespace: string | undefined
  readonly name: string
  readonly object: JsonObject | null
  readonly oldObject: JsonObject | null
  readonly user: UserInfo
  readonly dryRun: boolean
  readonly options: JsonObject
  readonly warn: (text: string) => void
}

export type AdmissionChain = {
  /** The object as the mutating plugins leave it; `setDefaults` runs after every change. */
  readonly mutate: (attributes: AdmissionAttributes, setDefaults: (draft: Draft) => void) => Promise<JsonObject>
  /** Throws a Failure when a plugin denies the write. */
  readonly validate: (attributes: AdmissionAttributes) => Promise<void>
}
