/** The pods of each version. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { PodState } from '../../../contract.ts'
import { Age, Card, Role, Scrolls, State } from './basics.tsx'
import { Heads } from './heads.tsx'
import { Log } from './log.tsx'

type LineProps = { readonly pod: PodState; readonly now: number; readonly show: (pod: PodState) => void }

const Line = ({ pod, now, show }: LineProps): VNode => (
  <tr>
    <th scope="row" class="mono">
      {pod.name}
    </th>
    <td>{pod.role === undefined ? <span class="soft">revision {pod.revision}</span> : <Role role={pod.role} />}</td>
    <td>
      <State state={pod.state === 'Running' ? (pod.ready ? 'Healthy' : 'Progressing') : pod.state} text={pod.state} />
    </td>
    <td>{pod.containersReady}</td>
    <td class={pod.restarts > 0 ? 'figure-bad' : ''}>{pod.restarts}</td>
    <td>
      <Age since={pod.createdAt} now={now} />
    </td>
    <td class="soft">{pod.node}</td>
    <td>
      <button type="button" class="quiet-button" onClick={() => show(pod)}>
        Log <span class="hidden">of {pod.name}</span>
      </button>
    </td>
  </tr>
)

const HEADS = ['pod', 'version', 'state', 'ready', 'restarts', 'age', 'node', 'log']

type PodsProps = { readonly namespace: string; readonly pods: readonly PodState[]; readonly now: number }

export const Pods = ({ namespace, pods, now }: PodsProps): VNode => {
  const [shown, show] = useState<PodState | undefined>(undefined)
  return (
    <Card
      id="pods"
      title="Pods"
      aside={
        <span class="soft">
          {pods.filter(({ ready }) => ready).length} of {pods.length} ready
        </span>
      }
    >
      {pods.length === 0 ? (
        <p class="empty">No pods.</p>
      ) : (
        <Scrolls label="List of pods" way="scroll-x scroll-y">
          <table>
            <Heads of={HEADS} />
            <tbody>
              {pods.map(pod => (
                <Line key={pod.name} pod={pod} now={now} show={show} />
              ))}
            </tbody>
          </table>
        </Scrolls>
      )}
      {shown !== undefined && <Log namespace={namespace} pod={shown} close={() => show(undefined)} />}
    </Card>
  )
}
