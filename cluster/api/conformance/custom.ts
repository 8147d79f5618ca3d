/** Cases about CustomResourceDefinitions and their objects. */
import assert from 'node:assert/strict'
import type { Resource } from '../../../kube/client.ts'
import { isApiError } from '../../../kube/errors.ts'
import { CRDS } from '../../../kube/resources.ts'
import {
  type ConformanceCase,
  type ConformanceContext,
  eventually,
  isGone,
  type Loose,
  look,
  object,
  refused,
} from './context.ts'

const SPEC_SCHEMA = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    mode: { type: 'string', enum: ['slow', 'fast'], default: 'slow' },
    label: { type: 'string', pattern: '^[a-z]+$', nullable: true },
    target: { 'x-kubernetes-int-or-string': true },
    parts: {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' }, weight: { type: 'integer', default: 1 } } },
    },
    anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    replicas: { type: 'integer' },
  },
}

const definition = (group: string, schema: object = SPEC_SCHEMA) =>
  object(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    { name: `widgets.${group}` },
    {
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: schema,
                  status: {
                    type: 'object',
                    properties: { phase: { type: 'string' }, replicas: { type: 'integer' }, selector: { type: 'string' } },
                  },
                },
              },
            },
            subresources: {
              status: {},
              scale: {
                specReplicasPath: '.spec.replicas',
                statusReplicasPath: '.status.replicas',
                labelSelectorPath: '.status.selector',
              },
            },
          },
        ],
      },
    },
  )

type Widgets = { readonly resource: Resource; readonly widget: (name: string, spec: object, more?: object) => Loose }

/** A real server takes a moment: it answers 404, then 429 while it sets the storage up. */
const served = (context: ConformanceContext, resource: Resource) =>
  eventually('the new kind is served', async () => {
    try {
      return await context.client.list(resource, { namespace: context.namespace })
    } catch (error) {
      if (isApiError(error) && [404, 429].includes(error.status)) return undefined
      throw error
    }
  })

/** Serves a kind of the case's own. */
const serveWidgets = async (context: ConformanceContext): Promise<Widgets> => {
  const group = `w${context.unique}.example.test`
  const resource: Resource = { group, version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true }
  await context.client.create(CRDS, definition(group))
  context.cleanUp(() => context.client.delete(CRDS, { name: `widgets.${group}` }))
  await served(context, resource)
  return {
    resource,
    widget: (name, spec, more = {}) => object(`${group}/v1`, 'Widget', { name, namespace: context.namespace }, { spec, ...more }),
  }
}

const ref = (context: ConformanceContext, name: string) => ({ namespace: context.namespace, name })

export const CUSTOM_CASES: readonly ConformanceCase[] = [
  {
    name: 'a custom object is pruned and gets its defaults',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      const made = await context.client.create(
        resource,
        widget(
          'one',
          { size: 1, nope: true, parts: [{ name: 'a', extra: 1 }], anything: { goes: [1] }, mode: null },
          { other: 'x', status: { phase: 'x' } },
        ),
      )
      assert.deepEqual(look(made, 'spec'), { size: 1, mode: 'slow', parts: [{ name: 'a', weight: 1 }], anything: { goes: [1] } })
      assert.equal(look(made, 'other'), undefined)
      assert.equal(look(made, 'status'), undefined)
      assert.equal(made.metadata.generation, 1)
    },
  },
  {
    name: 'a custom object that does not fit its schema is refused with the field',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      const create = (spec: object) => context.client.create(resource, widget('one', spec))
      await refused(create({}), {
        status: 422,
        reason: 'Invalid',
        message: /^Widget\.w\w+\.example\.test "one" is invalid: spec\.size: Required value$/,
      })
      await refused(create({ size: 0 }), {
        status: 422,
        message: /spec\.size: Invalid value: 0: spec\.size in body should be greater than or equal to 1/,
      })
      await refused(create({ size: 'big' }), {
        status: 422,
        message: /spec\.size: Invalid value: "string": spec\.size in body must be of type integer: "string"/,
      })
      await refused(create({ size: 1, mode: 'other' }), {
        status: 422,
        message: /spec\.mode: Unsupported value: "other": supported values: "slow", "fast"/,
      })
      await refused(create({ size: 1, label: 'A1' }), {
        status: 422,
        message: /spec\.label: Invalid value: "A1": spec\.label in body should match '\^\[a-z\]\+\$'/,
      })
      await refused(create({ size: 1, target: true }), { status: 422 })
      const made = await create({ size: 1, label: null, target: '50%' })
      assert.deepEqual(look(made, 'spec'), { size: 1, label: null, target: '50%', mode: 'slow' })
    },
  },
  {
    name: 'a strategic patch of a custom object is refused with 415',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      await context.client.create(resource, widget('one', { size: 1 }))
      await refused(context.client.patch(resource, ref(context, 'one'), 'strategic', { spec: { size: 2 } }), {
        status: 415,
        reason: 'UnsupportedMediaType',
      })
    },
  },
  {
    name: 'status and spec of a custom object are kept apart, and only spec counts for the generation',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      await context.client.create(resource, widget('one', { size: 1 }))
      const patch = { spec: { size: 2 }, status: { phase: 'x' }, metadata: { labels: { a: 'b' } } }
      const status = await context.client.patch<Loose>(resource, ref(context, 'one'), 'merge', patch, 'status')
      assert.deepEqual(
        [look(status, 'spec.size'), look(status, 'status.phase'), status.metadata.generation, status.metadata.labels],
        [1, 'x', 1, undefined],
      )
      const main = await context.client.patch<Loose>(resource, ref(context, 'one'), 'merge', {
        spec: { size: 2 },
        status: { phase: 'y' },
      })
      assert.deepEqual([look(main, 'spec.size'), look(main, 'status.phase'), main.metadata.generation], [2, 'x', 2])
    },
  },
  {
    name: 'a custom object is scaled by the paths of its definition',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      await context.client.create(resource, widget('one', { size: 1, replicas: 2 }))
      await context.client.patch(
        resource,
        ref(context, 'one'),
        'merge',
        { status: { replicas: 2, selector: 'app=one' } },
        'status',
      )
      const scaled = await context.client.patch<Loose>(resource, ref(context, 'one'), 'merge', { spec: { replicas: 5 } }, 'scale')
      assert.deepEqual([scaled.kind, look(scaled, 'spec.replicas'), look(scaled, 'status.selector')], ['Scale', 5, 'app=one'])
      assert.equal(look(await context.client.get<Loose>(resource, ref(context, 'one')), 'spec.replicas'), 5)
    },
  },
  {
    name: 'a changed definition holds for the next write',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      const larger = {
        ...SPEC_SCHEMA,
        properties: { ...SPEC_SCHEMA.properties, size: { type: 'integer', maximum: 100 }, added: { type: 'string' } },
      }
      const changed = look(definition(resource.group, larger), 'spec.versions')
      await context.client.patch(CRDS, { name: `widgets.${resource.group}` }, 'merge', { spec: { versions: changed } })
      const made = await eventually('the new schema is used', async () => {
        try {
          return await context.client.create(resource, widget('one', { size: 50, added: 'yes' }))
        } catch (error) {
          if (isApiError(error) && [422, 429, 503].includes(error.status)) return undefined
          throw error
        }
      })
      assert.equal(look(made, 'spec.size'), 50)
    },
  },
  {
    name: 'an old object that no longer fits can still be changed elsewhere',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      await context.client.create(resource, widget('one', { size: 9, label: 'fine' }))
      const narrower = { ...SPEC_SCHEMA, properties: { ...SPEC_SCHEMA.properties, size: { type: 'integer', maximum: 5 } } }
      const changed = look(definition(resource.group, narrower), 'spec.versions')
      await context.client.patch(CRDS, { name: `widgets.${resource.group}` }, 'merge', { spec: { versions: changed } })
      await eventually('the new schema is used', async () => {
        try {
          await context.client.create(resource, {
            ...widget('two', { size: 9 }),
            metadata: { generateName: 'probe-', namespace: context.namespace, name: '' },
          })
          return false
        } catch (error) {
          if (isApiError(error) && [422, 429, 503].includes(error.status)) return error.status === 422
          throw error
        }
      })
      const ref = { namespace: context.namespace, name: 'one' }
      const patched = await context.client.patch<Loose>(resource, ref, 'merge', { spec: { label: 'other' } })
      assert.deepEqual([look(patched, 'spec.size'), look(patched, 'spec.label')], [9, 'other'])
      await refused(context.client.patch(resource, ref, 'merge', { spec: { size: 8 } }), {
        status: 422,
        message: /spec\.size in body should be less than or equal to 5/,
      })
    },
  },
  {
    name: 'a definition takes its objects along when it is deleted',
    run: async context => {
      const { resource, widget } = await serveWidgets(context)
      await context.client.create(resource, widget('one', { size: 1 }))
      const name = `widgets.${resource.group}`
      await context.client.delete(CRDS, { name })
      await eventually('the definition is gone', () => isGone(context.client, CRDS, { name }))
      await eventually('the kind is no longer served', () => isGone(context.client, resource, ref(context, 'one')))
      context.cleanUp(async () => {})
    },
  },
  {
    name: 'a definition without a type for a field is refused',
    run: async context => {
      const broken = definition(`w${context.unique}.example.test`, { type: 'object', properties: { size: { minimum: 1 } } })
      await refused(context.client.create(CRDS, broken), {
        status: 422,
        message: /spec\.validation\.openAPIV3Schema\.properties\[spec\]\.properties\[size\]\.type: Required value/,
      })
    },
  },
  {
    name: 'rules in CEL hold for custom objects',
    run: async context => {
      const group = `w${context.unique}.example.test`
      const resource: Resource = { group, version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true }
      const rules = [
        { rule: 'self.size <= self.replicas', message: 'size must not be larger than replicas' },
        { rule: 'self.size >= oldSelf.size', message: 'size must not shrink' },
      ]
      await context.client.create(
        CRDS,
        definition(group, { ...SPEC_SCHEMA, required: ['size', 'replicas'], 'x-kubernetes-validations': rules }),
      )
      context.cleanUp(() => context.client.delete(CRDS, { name: `widgets.${group}` }))
      const widget = (size: number) =>
        object(`${group}/v1`, 'Widget', { name: 'one', namespace: context.namespace }, { spec: { size, replicas: 5 } })
      await served(context, resource)
      await refused(context.client.create(resource, widget(6)), {
        status: 422,
        message: /spec: Invalid value: .*: size must not be larger than replicas/,
      })
      await context.client.create(resource, widget(3))
      await refused(context.client.patch(resource, ref(context, 'one'), 'merge', { spec: { size: 2 } }), {
        status: 422,
        message: /size must not shrink/,
      })
    },
  },
]
