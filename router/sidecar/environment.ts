/** The environment of a sidecar, decoded. Pure. */
import { parseSidecarPorts } from '../../api/sidecar.ts'
import type { SidecarOptions } from './sidecar.ts'

type Environment = { readonly [name: string]: string | undefined }

export type SidecarSettings = Pick<SidecarOptions, 'pod' | 'ca' | 'waitMs'>

/** What is wrong stands in `problems`, one line each. */
export const readEnvironment = (
  env: Environment,
): { readonly settings: SidecarSettings } | { readonly problems: readonly string[] } => {
  const problems: string[] = []
  const required = (name: string): string => {
    const value = env[name] ?? ''
    if (value === '') problems.push(`${name} is not set; the webhook sets it where it adds the sidecar to a pod`)
    return value
  }
  const ports = parseSidecarPorts(required('SLUICE_SIDECAR_PORTS'))
  if (ports === undefined) problems.push('SLUICE_SIDECAR_PORTS must be a JSON list of {name, app, outer}')
  const seconds = Number(env['SLUICE_WAIT_SECONDS'] ?? '5')
  if (!Number.isFinite(seconds) || seconds < 0)
    problems.push(`SLUICE_WAIT_SECONDS is ${JSON.stringify(env['SLUICE_WAIT_SECONDS'])}, must be a number of seconds, e.g. 5`)
  const settings: SidecarSettings = {
    pod: {
      name: required('POD_NAME'),
      namespace: required('POD_NAMESPACE'),
      uid: required('POD_UID'),
      ip: required('POD_IP'),
      deployment: required('SLUICE_DEPLOYMENT'),
      hash: required('SLUICE_VERSION_HASH'),
      ports: ports ?? [],
    },
    ca: required('SLUICE_SIDECAR_CA'),
    waitMs: seconds * 1000,
  }
  return problems.length > 0 ? { problems } : { settings }
}
