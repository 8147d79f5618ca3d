/**
 * A small schema language: plain data from which come the static types (Infer), the decoder (decode.ts), the OpenAPI of the
 * custom resources (open-api.ts) and the reference (fields.ts). Every node says what it is for.
 *
 *   const SCALE = object('Size of the canary.', { weight: integer('Percent of spec.replicas.', { min: 0, max: 100 }) })
 *   type Scale = Infer<typeof SCALE>   // { readonly weight?: number }
 *
 * Fields of an object are optional unless wrapped in `required`. Null means absent, as in Kubernetes.
 */

declare const inferred: unique symbol

/** What a schema node decodes to; exists only for the compiler. */
export type Typed<T> = { readonly [inferred]?: T }

export type Rules = {
  /** A value to show in messages and in the reference. */
  readonly example?: unknown
  /** Filled in where the field is absent, by the API server and by decode. */
  readonly default?: unknown
}
export type StringRules = Rules & {
  readonly pattern?: string
  /** What the pattern means, in words that follow "must be". */
  readonly meaning?: string
  readonly format?: 'date-time'
  readonly minLength?: number
  readonly maxLength?: number
}
export type NumberRules = Rules & { readonly min?: number; readonly max?: number }
export type ObjectRules = Rules & {
  /** Keep fields that are not named. */
  readonly open?: boolean
  /** Refuse every later change. */
  readonly immutable?: boolean
}
export type ArrayRules = Rules & {
  readonly minItems?: number
  readonly maxItems?: number
  /** Fields that tell the elements apart, for server-side apply. */
  readonly keys?: readonly string[]
}

export type Fields = { readonly [name: string]: Schema }

type Described = { readonly description: string; readonly required?: true }

/** One node. Interpreters switch on `kind`. */
export type Node = Described &
  (
    | ({ readonly kind: 'string'; readonly values?: readonly string[] } & StringRules)
    | ({ readonly kind: 'integer'; readonly int64?: boolean } & NumberRules)
    | ({ readonly kind: 'number' } & NumberRules)
    | ({ readonly kind: 'boolean' } & Rules)
    | ({ readonly kind: 'intOrString' } & StringRules)
    | ({ readonly kind: 'anything' } & Rules)
    | ({ readonly kind: 'object'; readonly fields: Fields } & ObjectRules)
    | ({ readonly kind: 'exactlyOne'; readonly fields: Fields } & Rules)
    | ({ readonly kind: 'tagged'; readonly tag: string; readonly cases: { readonly [value: string]: Fields } } & Rules)
    | ({ readonly kind: 'either'; readonly options: readonly Schema[] } & Rules)
    | ({ readonly kind: 'map'; readonly values: Schema } & Rules)
    | ({ readonly kind: 'array'; readonly items: Schema } & ArrayRules)
  )

export type Schema<T = unknown> = Node & Typed<T>
type Required = { readonly required: true }

/** The type of the values that a schema allows. */
export type Infer<S> = S extends Typed<infer T> ? T : never

type Flat<T> = { readonly [K in keyof T]: T[K] }
type RequiredKeys<F> = { [K in keyof F]: F[K] extends Required ? K : never }[keyof F]
type ObjectOf<F> = Flat<
  { readonly [K in RequiredKeys<F>]: Infer<F[K]> } & { readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: Infer<F[K]> }
>
type Opened<T, R> = R extends { readonly open: true } ? T & { readonly [field: string]: unknown } : T
type OneOf<F> = { [K in keyof F]: { readonly [P in K]: Infer<F[K]> } }[keyof F]
type TaggedOf<Tag extends string, C> = { [V in keyof C]: Flat<{ readonly [P in Tag]: V } & ObjectOf<C[V]>> }[keyof C]

export const string = (description: string, rules: StringRules = {}): Schema<string> => ({
  kind: 'string',
  description,
  ...rules,
})

/** A string out of a fixed set. */
export const word = <const V extends readonly string[]>(
  description: string,
  values: V,
  rules: Rules = {},
): Schema<V[number]> => ({
  kind: 'string',
  description,
  values,
  ...rules,
})

/** RFC 3339. */
export const time = (description: string): Schema<string> => ({
  kind: 'string',
  description,
  format: 'date-time',
  example: '2030-01-02T15:04:05Z',
})

export const integer = (description: string, rules: NumberRules & { readonly int64?: boolean } = {}): Schema<number> => ({
  kind: 'integer',
  description,
  ...rules,
})

export const number = (description: string, rules: NumberRules = {}): Schema<number> => ({
  kind: 'number',
  description,
  ...rules,
})

export const boolean = (description: string, rules: Rules = {}): Schema<boolean> => ({ kind: 'boolean', description, ...rules })

/** Kubernetes' IntOrString; `pattern` is for the string. */
export const intOrString = (description: string, rules: StringRules = {}): Schema<number | string> => ({
  kind: 'intOrString',
  description,
  ...rules,
})

/** Any JSON, kept as it is: what Kubernetes or another controller checks. `T` is what readers may expect in it. */
export const anything = <T = unknown>(description: string, rules: Rules = {}): Schema<T> => ({
  kind: 'anything',
  description,
  ...rules,
})

export const object = <F extends Fields, const R extends ObjectRules = Record<never, never>>(
  description: string,
  fields: F,
  rules?: R,
): Schema<Opened<ObjectOf<F>, R>> => ({ kind: 'object', description, fields, ...rules })

/** An object in which exactly one of the fields is set. */
export const exactlyOne = <F extends Fields>(description: string, fields: F, rules: Rules = {}): Schema<OneOf<F>> => ({
  kind: 'exactlyOne',
  description,
  fields,
  ...rules,
})

/** An object whose other fields depend on the word in the field `tag`. */
export const tagged = <const Tag extends string, C extends { readonly [value: string]: Fields }>(
  description: string,
  tag: Tag,
  cases: C,
): Schema<TaggedOf<Tag, C>> => ({ kind: 'tagged', description, tag, cases })

/** One of several forms, tried in this order. Only inside what OpenAPI keeps as it is: structural schemas have no such union. */
export const either = <const O extends readonly Schema[]>(description: string, options: O): Schema<Infer<O[number]>> => ({
  kind: 'either',
  description,
  options,
})

export const map = <S extends Schema>(
  description: string,
  values: S,
  rules: Rules = {},
): Schema<{ readonly [key: string]: Infer<S> }> => ({
  kind: 'map',
  description,
  values,
  ...rules,
})

export const array = <S extends Schema>(description: string, items: S, rules: ArrayRules = {}): Schema<readonly Infer<S>[]> => ({
  kind: 'array',
  description,
  items,
  ...rules,
})

/** Marks a field that must be there. */
export const required = <S extends Schema>(schema: S): S & Required => ({ ...schema, required: true })
