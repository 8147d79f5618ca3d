/** The environment of a container's process. */
import type { Labels, Pod } from '../../api/kubernetes.ts'
import { expandVariables } from './expand.ts'
import type { EnvVar, KeyRef, NodeContainer } from './pod-types.ts'

export type Environment = { readonly [name: string]: string }

export type EnvContext = {
  readonly pod: Pod
  readonly podIP: string
  /** ConfigMaps and Secrets (decoded) of the namespace by name; absent: there is none. */
  readonly configMaps: ReadonlyMap<string, Labels>
  readonly secrets: ReadonlyMap<string, Labels>
  /** What every process gets (PATH, KUBECONFIG, ...); the container's own variables win. */
  readonly base: Environment
}

/** A reference that cannot be resolved; the message says which. */
export class EnvProblem extends Error {}

/** The variables of a container: the base, PORT and POD_IP, then envFrom, then env in order. Throws EnvProblem. */
export function renderEnvironment(container: NodeContainer, context: EnvContext): Environment {
  const port = container.ports?.[0]?.containerPort
  const env: Record<string, string> = {
    ...context.base,
    POD_IP: context.podIP,
    ...(port === undefined ? {} : { PORT: String(port) }),
  }
  // Only what the container itself declares may be referred to.
  const declared: Record<string, string> = {}
  const set = (name: string, value: string) => {
    env[name] = value
    declared[name] = value
  }
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const from = configMapRef
      ? wholeOf('configmap', configMapRef, context.configMaps)
      : wholeOf('secret', secretRef, context.secrets)
    for (const [key, value] of Object.entries(from)) set(prefix + key, value)
  }
  for (const variable of container.env ?? []) {
    const value = resolve(variable, context, declared)
    if (value !== undefined) set(variable.name, value)
  }
  return env
}

function wholeOf(
  kind: string,
  ref: { readonly name: string; readonly optional?: boolean } | undefined,
  from: ReadonlyMap<string, Labels>,
): Labels {
  if (!ref) return {}
  const found = from.get(ref.name)
  if (!found && !ref.optional) throw new EnvProblem(`${kind} "${ref.name}" not found`)
  return found ?? {}
}

function resolve({ name, value, valueFrom }: EnvVar, context: EnvContext, declared: Environment): string | undefined {
  if (!valueFrom) return expandVariables(value ?? '', declared)
  if (valueFrom.fieldRef) return fieldOf(name, valueFrom.fieldRef.fieldPath, context)
  if (valueFrom.configMapKeyRef) return keyOf('configmap', valueFrom.configMapKeyRef, context.configMaps)
  if (valueFrom.secretKeyRef) return keyOf('secret', valueFrom.secretKeyRef, context.secrets)
  throw new EnvProblem(`env ${name}: valueFrom must be fieldRef, configMapKeyRef or secretKeyRef on this node`)
}

function keyOf(kind: string, { name, key, optional }: KeyRef, from: ReadonlyMap<string, Labels>): string | undefined {
  const found = from.get(name)
  if (!found) {
    if (optional) return undefined
    throw new EnvProblem(`${kind} "${name}" not found`)
  }
  if (found[key] === undefined && !optional) throw new EnvProblem(`couldn't find key ${key} in ${kind} "${name}"`)
  return found[key]
}

const SUBSCRIPT = /^metadata\.(labels|annotations)\['([^']+)'\]$/

function fieldOf(name: string, path: string, { pod, podIP }: EnvContext): string {
  const subscript = SUBSCRIPT.exec(path)
  if (subscript) return (subscript[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[subscript[2] ?? ''] ?? ''
  const fields: Environment = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace ?? '',
    'metadata.uid': pod.metadata.uid ?? '',
    'spec.nodeName': pod.spec.nodeName ?? '',
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? 'default',
    'status.podIP': podIP,
    'status.podIPs': podIP,
    'status.hostIP': '127.0.0.1',
  }
  const value = fields[path]
  if (value !== undefined) return value
  const allowed = [...Object.keys(fields), "metadata.labels['KEY']", "metadata.annotations['KEY']"].join(', ')
  throw new EnvProblem(`env ${name}: fieldPath "${path}" is not known; allowed are ${allowed}`)
}

/** Names of the ConfigMaps and Secrets that a container refers to. */
export function referencesOf(container: NodeContainer): {
  readonly configMaps: ReadonlySet<string>
  readonly secrets: ReadonlySet<string>
} {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef) configMaps.add(configMapRef.name)
    if (secretRef) secrets.add(secretRef.name)
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef) configMaps.add(valueFrom.configMapKeyRef.name)
    if (valueFrom?.secretKeyRef) secrets.add(valueFrom.secretKeyRef.name)
  }
  return { configMaps, secrets }
}
