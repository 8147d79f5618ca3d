/** Which rule the names of a kind follow. */
import type { FieldError } from '../field-error.ts'
import { invalid } from '../field-error.ts'
import type { Kind } from '../kind.ts'
import { labelName, pathName, subdomainName } from '../metadata.ts'

type NameRule = (field: string, name: string) => readonly FieldError[]

const SERVICE_NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

/** RFC 1035: as a label of RFC 1123, but it starts with a letter. */
const serviceName: NameRule = (field, name) =>
  SERVICE_NAME.test(name) && name.length <= 63
    ? []
    : [
        invalid(
          field,
          name,
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ),
      ]

const RULES: { readonly [storage: string]: NameRule } = {
  '/services': serviceName,
  '/namespaces': labelName,
  'rbac.authorization.k8s.io/roles': pathName,
  'rbac.authorization.k8s.io/rolebindings': pathName,
  'rbac.authorization.k8s.io/clusterroles': pathName,
  'rbac.authorization.k8s.io/clusterrolebindings': pathName,
}

export const nameRule = (kind: Kind): NameRule => RULES[kind.storage] ?? subdomainName
