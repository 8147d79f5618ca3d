/** The columns of pods; their Status tells what the containers are at (kubernetes: pkg/printers/internalversion). */
import { at, isObject, type JsonObject, numberOf, objectsOf, textOf } from '../json.ts'
import { ageOf } from './age.ts'
import { type Column, column, wide } from './column.ts'
import { AGE, NAME } from './shared-columns.ts'

const statusesOf = (pod: JsonObject, field: string) => objectsOf(at(pod, 'status', field))

const isTrue = (pod: JsonObject, type: string) =>
  objectsOf(at(pod, 'status', 'conditions')).some(condition => condition['type'] === type && condition['status'] === 'True')

const endText = (terminated: unknown, prefix: string): string | undefined => {
  if (!isObject(terminated)) return undefined
  if (textOf(terminated['reason'])) return prefix + textOf(terminated['reason'])
  return numberOf(terminated['signal'])
    ? `${prefix}Signal:${terminated['signal']}`
    : `${prefix}ExitCode:${numberOf(terminated['exitCode']) ?? 0}`
}

const initText = (pod: JsonObject): string | undefined => {
  const statuses = statusesOf(pod, 'initContainerStatuses')
  const total = objectsOf(at(pod, 'spec', 'initContainers')).length
  for (const [index, status] of statuses.entries()) {
    const terminated = at(status, 'state', 'terminated')
    if (isObject(terminated) && terminated['exitCode'] === 0) continue
    if (isObject(terminated)) return endText(terminated, 'Init:')
    const waiting = textOf(at(status, 'state', 'waiting', 'reason'))
    return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`
  }
  return undefined
}

const containersText = (pod: JsonObject): string | undefined => {
  let told: string | undefined
  let running = false
  for (const status of statusesOf(pod, 'containerStatuses').toReversed()) {
    const waiting = textOf(at(status, 'state', 'waiting', 'reason'))
    const ended = endText(at(status, 'state', 'terminated'), '')
    if (waiting) told = waiting
    else if (ended) told = ended
    else if (status['ready'] === true && isObject(at(status, 'state', 'running'))) running = true
  }
  // Some containers are done while others still serve.
  if (told === 'Completed' && running) return isTrue(pod, 'Ready') ? 'Running' : 'NotReady'
  return told
}

/** The Status column: Running, Completed, CrashLoopBackOff, Init:0/1, Terminating … */
export const podStatusText = (pod: JsonObject): string => {
  const base = textOf(at(pod, 'status', 'reason')) || textOf(at(pod, 'status', 'phase')) || 'Unknown'
  const told = initText(pod) ?? containersText(pod) ?? base
  if (!at(pod, 'metadata', 'deletionTimestamp')) return told
  if (textOf(at(pod, 'status', 'reason')) === 'NodeLost') return 'Unknown'
  return ['Succeeded', 'Failed'].includes(textOf(at(pod, 'status', 'phase'))) ? told : 'Terminating'
}

const readyText = (pod: JsonObject): string => {
  const ready = statusesOf(pod, 'containerStatuses').filter(status => status['ready'] === true).length
  return `${ready}/${objectsOf(at(pod, 'spec', 'containers')).length}`
}

const restartsText = (pod: JsonObject, now: Date): string => {
  const statuses = statusesOf(pod, 'containerStatuses')
  const count = statuses.reduce((sum, status) => sum + (numberOf(status['restartCount']) ?? 0), 0)
  const last = statuses
    .map(status => textOf(at(status, 'lastState', 'terminated', 'finishedAt')))
    .filter(Boolean)
    .sort()
    .at(-1)
  return count > 0 && last ? `${count} (${ageOf(last, now)} ago)` : String(count)
}

const gatesText = (pod: JsonObject): string => {
  const gates = objectsOf(at(pod, 'spec', 'readinessGates'))
  if (gates.length === 0) return '<none>'
  return `${gates.filter(gate => isTrue(pod, textOf(gate['conditionType']))).length}/${gates.length}`
}

export const POD_COLUMNS: readonly Column[] = [
  NAME,
  column('Ready', readyText, { description: 'Containers that are ready, of all.' }),
  column('Status', podStatusText, { description: 'What the containers of the pod are at.' }),
  column('Restarts', restartsText, { description: 'How often containers were started again.' }),
  AGE,
  wide('IP', pod => textOf(at(pod, 'status', 'podIP')) || '<none>'),
  wide('Node', pod => textOf(at(pod, 'spec', 'nodeName')) || '<none>'),
  wide('Nominated Node', pod => textOf(at(pod, 'status', 'nominatedNodeName')) || '<none>'),
  wide('Readiness Gates', gatesText),
]
