/** What stands under `provider.plugin["sluice/router"]`. Pure. */
import { type Check, parseCheck } from '../../api/checks.ts'
import { parseDuration } from '../../api/duration.ts'
import { KEPT_SECONDS } from '../bucket-store.ts'

export const SLUICE_ROUTER = 'sluice/router'

export type Config = {
  readonly deployment: string
  readonly canaryHash: string
  readonly stableHash: string
  readonly check?: Check
  readonly windowSeconds: number
  readonly noData?: NoData
}

const ON_NO_DATA = ['skip', 'inconclusive', 'error'] as const
/** Fewer requests than `minimum` are no data, and then `on` holds. */
export type NoData = { readonly minimum: number; readonly on: (typeof ON_NO_DATA)[number] }

const where = `provider.plugin["${SLUICE_ROUTER}"]`
const EXAMPLE = '{"deployment": "web", "canaryHash": "6cf78c66c5", "stableHash": "7b9c8d5f4d", "check": "success-rate >= 99%"}'

type Fields = { readonly [name: string]: unknown }
type Problem = { readonly problem: string }

const isProblem = (value: unknown): value is Problem => typeof value === 'object' && value !== null && 'problem' in value

const wrong = (name: string, value: unknown, rule: string): Problem => ({
  problem: `${where}.${name} is ${JSON.stringify(value) ?? 'missing'}, it must be ${rule}`,
})

const readNames = (fields: Fields): Pick<Config, 'deployment' | 'canaryHash' | 'stableHash'> | Problem => {
  const { deployment, canaryHash, stableHash } = fields
  const rule = `a text that is not empty, e.g. ${EXAMPLE}`
  if (typeof deployment !== 'string' || deployment === '') return wrong('deployment', deployment, rule)
  if (typeof canaryHash !== 'string' || canaryHash === '') return wrong('canaryHash', canaryHash, rule)
  // Without a stable version there is nothing to compare with, but still something to judge.
  if (typeof stableHash !== 'string') return wrong('stableHash', stableHash, rule)
  return { deployment, canaryHash, stableHash }
}

const readWindow = (window: unknown): number | Problem => {
  const ms = typeof window === 'string' ? parseDuration(window) : undefined
  return ms === undefined || ms < 1000 || ms > KEPT_SECONDS * 1000
    ? wrong('window', window, 'a duration from 1s to 10m, e.g. 1m')
    : ms / 1000
}

/** Nothing when nothing is said of it. A number may be a text, which is what an argument makes of it. */
const readNoData = (minimum: unknown, on: unknown): { readonly noData?: NoData } | Problem => {
  if (minimum === undefined && on === undefined) return {}
  if (!/^[1-9]\d{0,8}$/.test(String(minimum ?? 1))) return wrong('minimumRequests', minimum, 'a whole number from 1, e.g. 100')
  const found = ON_NO_DATA.find(one => one === (on ?? 'inconclusive'))
  return found === undefined
    ? wrong('onNoData', on, `one of ${ON_NO_DATA.join(', ')}, e.g. inconclusive`)
    : { noData: { minimum: Number(minimum ?? 1), on: found } }
}

const readCheck = (check: unknown): { readonly check?: Check } | Problem => {
  if (check === undefined || check === '') return {}
  const parsed = parseCheck(String(check))
  return 'problem' in parsed ? { problem: `${where}.check: ${parsed.problem}` } : parsed
}

export const decodeConfig = (config: unknown): Config | Problem => {
  if (typeof config !== 'object' || config === null) return { problem: `${where} must be an object, e.g. ${EXAMPLE}` }
  const { window = '1m', minimumRequests, onNoData, check, ...fields } = config as Fields
  const names = readNames(fields)
  if (isProblem(names)) return names
  const windowSeconds = readWindow(window)
  if (isProblem(windowSeconds)) return windowSeconds
  const noData = readNoData(minimumRequests, onNoData)
  if (isProblem(noData)) return noData
  const checked = readCheck(check)
  return isProblem(checked) ? checked : { ...names, windowSeconds, ...noData, ...checked }
}
