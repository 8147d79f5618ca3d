import { patchFresh } from '../../view/patch-fresh.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import { planSetImage } from '../../view/set-image.ts'
import { readWorkload } from '../../view/workload.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { joinKinds, parseTarget } from '../target.ts'

const run = async (session: Session, target: string, _values: Values, words: readonly string[]): Promise<number> => {
  const [first, ...images] = joinKinds(words.slice(1))
  if (target !== 'image' || first === undefined)
    throw new CliError('set takes image NAME CONTAINER=IMAGE…, e.g. set image web app=registry.example/web:v2', 2)
  const name = parseTarget(first)
  const { client, namespace } = await session.cluster()
  const said = await patchFresh(async () => {
    const workload = await readWorkload(client, namespace, await readRolloutView(client, namespace, name))
    const plan = planSetImage(workload, images)
    if ('refused' in plan) throw new CliError(plan.refused)
    await client.patch(workload.resource, { namespace, name: workload.object.metadata.name }, 'json', plan.patch)
    return plan.said
  })
  session.terminal.write(`${name}: ${said.join(', ')}\n`)
  return 0
}

export const set: Command = {
  name: 'set',
  summary: 'set image NAME CONTAINER=IMAGE…: other images in the pod template, which starts an update',
  argument: '<what>',
  takes: 'words',
  examples: ['set image web app=registry.example/web:v2', "set image web '*=registry.example/web:v2'"],
  run,
}
