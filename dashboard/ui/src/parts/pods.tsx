/** The pods of each version. */
import type { VNode } from 'preact'
import type { PodState } from '../../../contract.ts'
import { Age, Card, Role, Scrolls, State } from './basics.tsx'

const Line = ({ pod, now }: { readonly pod: PodState; readonly now: number }): VNode => (
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
  </tr>
)

const HEADS = ['pod', 'version', 'state', 'ready', 'restarts', 'age', 'node']

export const Pods = ({ pods, now }: { readonly pods: readonly PodState[]; readonly now: number }): VNode => (
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
          <thead>
            <tr>
              {HEADS.map(head => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pods.map(pod => (
              <Line key={pod.name} pod={pod} now={now} />
            ))}
          </tbody>
        </table>
      </Scrolls>
    )}
  </Card>
)
