/** The cluster address of a Service: given at creation, kept for its life. */
import type { Api } from '../api.ts'
import { invalid, invalidObject } from '../field-error.ts'
import { at, type Draft, ensureChild, type JsonObject, textOf } from '../json.ts'

export const SERVICE_STORAGE = '/services'

const NONE = 'None'

const takenAddresses = (api: Api): ReadonlySet<string> =>
  new Set(api.store.list(SERVICE_STORAGE).map(service => textOf(at(service, 'spec', 'clusterIP'))))

const refuse = (draft: Draft, address: string, why: string) =>
  invalidObject({ group: '', kind: 'Service', name: textOf(at(draft, 'metadata', 'name')) }, [
    invalid('spec.clusterIPs', [address], why),
  ])

const setAddress = (spec: Draft, address: string) => {
  spec['clusterIP'] = address
  spec['clusterIPs'] = [address]
}

/** Gives a Service without a cluster address the next free one; checks the one that it asks for. */
export const takeAddress = (api: Api, draft: Draft): void => {
  const spec = ensureChild(draft, 'spec')
  if (spec['type'] === 'ExternalName') return
  const asked = textOf(spec['clusterIP'])
  if (asked === NONE) {
    setAddress(spec, NONE)
    return
  }
  const taken = takenAddresses(api)
  if (!asked) {
    setAddress(spec, api.addresses.next(taken))
    return
  }
  if (!api.addresses.contains(asked)) {
    throw refuse(
      draft,
      asked,
      `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${api.addresses.cidr}`,
    )
  }
  if (taken.has(asked)) throw refuse(draft, asked, `failed to allocate IP ${asked}: provided IP is already allocated`)
  setAddress(spec, asked)
}

/** An update that leaves the address out keeps it; a change from or to ExternalName gives it back or takes one. */
export const keepAddress = (api: Api, draft: Draft, old: JsonObject): void => {
  const spec = ensureChild(draft, 'spec')
  const before = textOf(at(old, 'spec', 'clusterIP'))
  if (spec['type'] === 'ExternalName') {
    if (textOf(spec['clusterIP']) === before) {
      delete spec['clusterIP']
      delete spec['clusterIPs']
    }
    return
  }
  if (before && !textOf(spec['clusterIP'])) setAddress(spec, before)
  if (!before) takeAddress(api, draft)
}
