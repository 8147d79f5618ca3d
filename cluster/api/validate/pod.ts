/** Rules of pods and pod templates (Kubernetes: pkg/apis/core/validation), those that a deployment tool meets. */
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '../field-error.ts'
import { arrayOf, at, type Draft, isObject, type JsonObject, objectOf, objectsOf, sameJson, textOf } from '../json.ts'
import { labelName } from '../metadata.ts'
import { sameButChangeable } from '../pods.ts'
import { notNegative, portNumber } from './numbers.ts'

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc']

const validateProbe = (probe: unknown, field: string): readonly FieldError[] => {
  if (!isObject(probe)) return []
  const handlers = HANDLERS.filter(handler => isObject(probe[handler]))
  return [
    ...(handlers.length === 0 ? [required(field, 'must specify a handler type')] : []),
    ...handlers.slice(1).map(handler => forbiddenField(`${field}.${handler}`, 'may not specify more than 1 handler type')),
    ...['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'].flatMap(name =>
      notNegative(`${field}.${name}`, probe[name]),
    ),
    ...(isObject(probe['httpGet']) ? validateProbePort(probe['httpGet']['port'], `${field}.httpGet.port`) : []),
    ...(isObject(probe['tcpSocket']) ? validateProbePort(probe['tcpSocket']['port'], `${field}.tcpSocket.port`) : []),
  ]
}

const validateProbePort = (port: unknown, field: string): readonly FieldError[] =>
  typeof port === 'string' && port ? [] : portNumber(field, port)

const validatePorts = (container: JsonObject, field: string): readonly FieldError[] => {
  const ports = objectsOf(container['ports'])
  const names = ports.map(port => textOf(port['name']))
  return ports.flatMap((port, index) => [
    ...(!port['containerPort']
      ? [required(`${field}.ports[${index}].containerPort`)]
      : portNumber(`${field}.ports[${index}].containerPort`, port['containerPort'])),
    ...(names[index] && names.indexOf(names[index]) !== index ? [duplicate(`${field}.ports[${index}].name`, names[index])] : []),
  ])
}

const validateMounts = (container: JsonObject, volumes: readonly string[], field: string): readonly FieldError[] =>
  objectsOf(container['volumeMounts']).flatMap((mount, index) => {
    const name = textOf(mount['name'])
    const at = `${field}.volumeMounts[${index}]`
    return [
      ...(volumes.includes(name)
        ? []
        : [{ field: `${at}.name`, reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(name)}` }]),
      ...(textOf(mount['mountPath']) ? [] : [required(`${at}.mountPath`)]),
    ]
  })

const validateContainer = (container: JsonObject, volumes: readonly string[], field: string): readonly FieldError[] => {
  const [name, image] = [textOf(container['name']), textOf(container['image'])]
  return [
    ...(name ? labelName(`${field}.name`, name) : [required(`${field}.name`)]),
    ...(image ? [] : [required(`${field}.image`)]),
    ...(image && image !== image.trim()
      ? [invalid(`${field}.image`, image, 'must not have leading or trailing whitespace')]
      : []),
    ...validatePorts(container, field),
    ...objectsOf(container['env']).flatMap((variable, index) =>
      textOf(variable['name']) ? [] : [required(`${field}.env[${index}].name`)],
    ),
    ...validateMounts(container, volumes, field),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap(probe => validateProbe(container[probe], `${field}.${probe}`)),
  ]
}

const validateContainers = (spec: JsonObject, list: string, field: string): readonly FieldError[] => {
  const containers = objectsOf(spec[list])
  const volumes = objectsOf(spec['volumes']).map(volume => textOf(volume['name']))
  const names = [...objectsOf(spec['containers']), ...(list === 'containers' ? [] : containers)].map(container =>
    textOf(container['name']),
  )
  const offset = list === 'containers' ? 0 : objectsOf(spec['containers']).length
  return containers.flatMap((container, index) => [
    ...validateContainer(container, volumes, `${field}.${list}[${index}]`),
    ...(names.indexOf(names[offset + index] ?? '') < offset + index && names[offset + index]
      ? [duplicate(`${field}.${list}[${index}].name`, names[offset + index])]
      : []),
  ])
}

const validateVolumes = (spec: JsonObject, field: string): readonly FieldError[] => {
  const names = objectsOf(spec['volumes']).map(volume => textOf(volume['name']))
  return names.flatMap((name, index) => {
    const at = `${field}.volumes[${index}].name`
    if (!name) return [required(at)]
    return names.indexOf(name) === index ? labelName(at, name) : [duplicate(at, name)]
  })
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure']

/** A pod's spec; in a template the field is e.g. `spec.template.spec`. */
export const validatePodSpec = (spec: JsonObject, field: string): readonly FieldError[] => [
  ...(arrayOf(spec['containers']).length === 0 ? [required(`${field}.containers`)] : []),
  ...validateContainers(spec, 'containers', field),
  ...validateContainers(spec, 'initContainers', field),
  ...validateVolumes(spec, field),
  ...(RESTART_POLICIES.includes(textOf(spec['restartPolicy']))
    ? []
    : [notSupported(`${field}.restartPolicy`, spec['restartPolicy'], RESTART_POLICIES)]),
]

export const validatePod = (pod: JsonObject): readonly FieldError[] => validatePodSpec(objectOf(pod['spec']), 'spec')

const CHANGEABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** A running pod is mostly fixed; only `/binding` gives it a node. */
export const validatePodUpdate = (pod: JsonObject, old: JsonObject, subresource: string | undefined): readonly FieldError[] => {
  if (subresource === 'binding') return []
  const [spec, before] = [objectOf(at(pod, 'spec')), objectOf(at(old, 'spec'))]
  return sameButChangeable(spec as Draft, before, sameJson) ? [] : [forbiddenField('spec', CHANGEABLE)]
}
