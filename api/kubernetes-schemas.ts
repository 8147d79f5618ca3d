/** Schemas of the Kubernetes types that stand inside Sluice's resources; the types themselves are in kubernetes.ts. */
import type { Condition, LabelSelector, Labels, PodTemplate } from './kubernetes.ts'
import { anything, array, map, object, required, type Schema, string, time, word } from './schema/schema.ts'

export const labels = (description: string): Schema<Labels> => map(description, string(''))

export const labelSelector = (description: string, immutable = false): Schema<LabelSelector> =>
  object(
    description,
    {
      matchLabels: labels('Labels that must be there with exactly these values.'),
      matchExpressions: array(
        'Further requirements; all must be met.',
        object('One requirement.', {
          key: required(string('The label.')),
          operator: required(word('How the label is compared with the values.', ['In', 'NotIn', 'Exists', 'DoesNotExist'])),
          values: array('Values for In and NotIn.', string('')),
        }),
      ),
    },
    { immutable },
  )

/** Kubernetes validates pod templates itself when pods are made, so everything in one is kept. */
export const podTemplate = (description: string): Schema<PodTemplate> => anything<PodTemplate>(description)

export const conditions = (description: string): Schema<readonly Condition[]> =>
  array(
    description,
    object('One condition.', {
      type: required(string('Name of the condition.')),
      status: required(word('Whether it holds.', ['True', 'False', 'Unknown'])),
      reason: string('One word for machines.'),
      message: string('One sentence for people.'),
      lastUpdateTime: time('When it was last confirmed or changed.'),
      lastTransitionTime: time('When its status last changed.'),
    }),
  )

/** Labels and annotations that are put on what a resource makes. */
export const metadataToAdd = (description: string) =>
  object(description, { labels: labels('Labels to add.'), annotations: labels('Annotations to add.') })
