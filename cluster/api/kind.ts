/** What the server knows about one served kind of object in one version. */
import type { Resource } from '../../kube/client.ts'
import type { FieldError } from './field-error.ts'
import type { Draft, JsonObject } from './json.ts'

/** Where `/scale` of a kind reads and writes; paths are field names from the root of the object. */
export type ScalePaths = {
  readonly specReplicas: readonly string[]
  readonly statusReplicas: readonly string[]
  /** Where the selector is: an object (LabelSelector) for built-ins, its text for custom resources. */
  readonly selector?: readonly string[]
}

/** What a kind does to its objects. Every function gets drafts that it owns, or stored objects that it only reads. */
export type Behaviour = {
  /** Fills in defaults; runs after decoding, and again after every patch, the admission webhooks' included. */
  readonly setDefaults?: (draft: Draft) => void
  readonly prepareCreate?: (draft: Draft) => void
  readonly prepareUpdate?: (draft: Draft, old: JsonObject) => void
  readonly validate?: (object: JsonObject) => readonly FieldError[]
  /** Checks of a new object beyond `validate`. */
  readonly validateCreate?: (object: JsonObject) => readonly FieldError[]
  /** Checks of a change beyond `validate`. */
  readonly validateUpdate?: (object: JsonObject, old: JsonObject, subresource: string | undefined) => readonly FieldError[]
  /** What a change of spec is: true bumps metadata.generation. Absent: the kind has no generation. */
  readonly changesGeneration?: (object: JsonObject, old: JsonObject) => boolean
  /** Fields of a body that the kind's schema does not know; for the `fieldValidation` parameter. */
  readonly unknownFields?: (object: JsonObject) => readonly string[]
  /** Refuses (400) values of a type that the schema does not allow. */
  readonly checkTypes?: (object: JsonObject) => void
  /** Takes fields away that the schema does not know (custom resources only). */
  readonly prune?: (draft: Draft) => void
  /** The seconds of grace that a deletion gets; absent: objects of the kind go at once. */
  readonly graceSeconds?: (object: JsonObject, asked: number | undefined) => number
  /** Fields that a write to `/status` takes over besides status. */
  readonly prepareStatus?: (draft: Draft, old: JsonObject) => void
}

export type PrinterColumn = {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath: string
}

export type Kind = Resource & {
  readonly singular: string
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly hasStatus: boolean
  readonly scale?: ScalePaths
  /** Other subresources, e.g. `log`. */
  readonly subresources: readonly string[]
  /** `group/plural`: all versions of a kind share one storage. */
  readonly storage: string
  readonly behaviour: Behaviour
  /** From the version in which objects are stored to this one, and back; absent when only apiVersion differs. */
  readonly fromStorage?: (object: JsonObject) => JsonObject
  readonly toStorage?: (object: JsonObject) => JsonObject
  /** Set for the kinds of CustomResourceDefinitions. */
  readonly custom?: { readonly printerColumns: readonly PrinterColumn[]; readonly openApi: JsonObject }
}

/** `v1`, `apps/v1`. */
export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group ? `${group}/${version}` : version

export const storageKey = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string => `${group}/${plural}`
