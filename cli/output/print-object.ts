/** Objects for programs: -o json and -o yaml, without what only the API server needs. */
import { stringify } from 'yaml'
import type { KubeObject } from '../../api/kubernetes.ts'

const readable = <T extends KubeObject>(object: T): KubeObject => {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

export const printValue = (value: unknown, format: 'json' | 'yaml'): string =>
  format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })

export const printObject = (object: KubeObject, format: 'json' | 'yaml'): string => printValue(readable(object), format)

export const printList = (objects: readonly KubeObject[], format: 'json' | 'yaml'): string =>
  printValue({ apiVersion: 'v1', kind: 'List', items: objects.map(readable) }, format)
