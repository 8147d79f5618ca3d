/** The version that a request in the fast lane goes to; the request is put together as an object only for Routes that look at it. */
import { PROBE_PATH } from '../../../api/names.ts'
import { chooseVersion, type VersionChoice } from '../../choose-version.ts'
import type { RequestHead as SeenRequest } from '../../match.ts'
import type { Copy } from '../../mirror/copy.ts'
import { copyFor } from '../../mirror/copy-for.ts'
import { chooseWeighted } from '../../pick.ts'
import type { RunningRoute } from '../../running-route.ts'
import type { Connection, LaneContext } from '../connection.ts'
import { isText } from './bytes.ts'
import type { RequestHead } from './request-head.ts'

export type FastChoice = VersionChoice & {
  /** A copy of the request is made for another version. */
  readonly copy?: Copy
}

/** Undefined when the general lane is to see to it: no version has any weight, a probe, or a header that is given twice. */
export const chooseFor = (
  context: LaneContext,
  connection: Connection,
  head: RequestHead,
  bytes: Buffer,
): FastChoice | undefined => {
  const { random, cookies } = context
  const { route, peer } = connection
  if (mayBeProbe(head, bytes)) return undefined
  const { looksAt } = route.plan
  if (looksAt === undefined) return byWeight(route)
  const request = describe(head, bytes, looksAt)
  const choice = request && chooseVersion(route, request, { peer, random, cookies })
  if (!choice) return undefined
  const copy = copyFor(context, connection, { taker: choice.version, request, isHead: head.method.name === 'HEAD' })
  return copy ? { ...choice, copy } : choice
}

const mayBeProbe = ({ targetFrom, targetEnd }: RequestHead, bytes: Buffer): boolean =>
  targetEnd - targetFrom === PROBE_PATH.length && isText(bytes, targetFrom, PROBE_PATH)

const byWeight = (route: RunningRoute): VersionChoice | undefined => {
  const version = route.versions[chooseWeighted(route.weightState, route.weights)]
  return version && { version }
}

/** What the Route looks at; undefined when one of its headers is given twice, which has to be read as Node reads it. */
const describe = (head: RequestHead, bytes: Buffer, names: readonly string[]): SeenRequest | undefined => {
  const { lines, method, targetFrom, targetEnd } = head
  const headers: { [name: string]: string } = {}
  for (const name of names) {
    const line = lines.find(bytes, name)
    if (line < 0) continue
    if (lines.find(bytes, name, line + 1) >= 0) return undefined
    headers[name] = lines.value(bytes, line)
  }
  return { method: method.name, url: bytes.toString('latin1', targetFrom, targetEnd), headers }
}
