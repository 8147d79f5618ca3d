/** Rules of label selectors inside objects. */
import { type FieldError, forbiddenField, invalid, required } from '../field-error.ts'
import { arrayOf, isObject, objectsOf, textOf } from '../json.ts'
import { validateLabels } from '../metadata.ts'

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist']

/** A LabelSelector; absent is fine. */
export const validateSelector = (selector: unknown, field: string): readonly FieldError[] => {
  if (!isObject(selector)) return []
  return [
    ...validateLabels(selector['matchLabels'], `${field}.matchLabels`),
    ...objectsOf(selector['matchExpressions']).flatMap((expression, index) => {
      const at = `${field}.matchExpressions[${index}]`
      const operator = textOf(expression['operator'])
      const values = arrayOf(expression['values'])
      if (!OPERATORS.includes(operator)) return [invalid(`${at}.operator`, operator, 'not a valid selector operator')]
      if (operator.endsWith('In') && values.length === 0)
        return [required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
      if (!operator.endsWith('In') && values.length > 0)
        return [forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
      return textOf(expression['key']) ? [] : [required(`${at}.key`)]
    }),
  ]
}

export const isEmptySelector = (selector: unknown): boolean =>
  isObject(selector) &&
  Object.keys(isObject(selector['matchLabels']) ? selector['matchLabels'] : {}).length === 0 &&
  arrayOf(selector['matchExpressions']).length === 0
