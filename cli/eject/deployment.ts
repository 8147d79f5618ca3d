/** The ejection's last steps: the Deployment is the native controller's again, and keeps no trace when it leaves Sluice. */

import { giveBackOps, isHeld } from '../../api/hold.ts'
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import { BYPASS, PREFIX } from '../../api/names.ts'
import { sameTemplate, templateHash } from '../../api/template.ts'
import { messageOf } from '../../kube/errors.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../../kube/resources.ts'
import { templateOf } from '../../view/template-of.ts'
import { CliError } from '../command.ts'
import { bypassOps } from './bypass.ts'
import { type DeploymentView, type Ejection, type EjectStep, readStable, readView } from './ejection.ts'

const testVersion = ({ deployment }: DeploymentView): JsonPatchOp => ({
  op: 'test',
  path: '/metadata/resourceVersion',
  value: deployment.metadata.resourceVersion,
})

export const giveBack: EjectStep = {
  title: 'the Deployment is Kubernetes’ own again',
  run: async ejection => {
    const { client, namespace, name } = ejection
    const { view, stable } = await readStable(ejection)
    const { deployment } = view
    if (!isHeld(deployment)) return undefined
    const template = templateOf(stable)
    const changes = !sameTemplate(template, deployment.spec.template)
    const ops = giveBackOps(deployment, { stableTemplate: templateHash(template), ...(changes ? { template } : {}) })
    await client.patch(DEPLOYMENTS, { namespace, name }, 'json', [testVersion(view), ...bypassOps(deployment, true), ...ops])
    return changes ? 'gave all fields back with the stable template, in one write' : 'gave all fields back, in one write'
  },
}

/** Under the mark, so that it works without the webhook: from then on the Deployment is none that the webhook is asked about. */
const optOut = async (ejection: Ejection): Promise<boolean> => {
  const { client, namespace, name } = ejection
  const view = await readView(ejection)
  if (view.rollout !== undefined) await client.delete(ROLLOUTS, { namespace, name }, { propagation: 'Background' })
  const keys = Object.keys(view.deployment.metadata.annotations ?? {}).filter(key => key.startsWith(PREFIX) && key !== BYPASS)
  if (keys.length === 0) return false
  const removals: readonly JsonPatchOp[] = keys.map(key => ({ op: 'remove', path: pointer('metadata', 'annotations', key) }))
  await client.patch(DEPLOYMENTS, { namespace, name }, 'json', [
    testVersion(view),
    ...bypassOps(view.deployment, true),
    ...removals,
  ])
  return true
}

const removeMark = async (ejection: Ejection): Promise<boolean> => {
  const { client, namespace, name } = ejection
  const ops = bypassOps((await readView(ejection)).deployment, false)
  if (ops.length === 0) return false
  try {
    // Taking one key away rests on nothing that may have changed.
    await client.patch(DEPLOYMENTS, { namespace, name }, 'json', ops)
    return true
  } catch (error) {
    throw new CliError(
      `the Deployment is given back, but ${BYPASS}, which lets its next updates pass untried, could not be removed (${messageOf(error)}); when the webhook answers again run: kubectl annotate -n ${namespace} deployment ${name} ${BYPASS}-`,
    )
  }
}

export const clean: EjectStep = {
  title: 'no mark of the ejection is left',
  run: async ejection => {
    const optedOut = ejection.options.optOut && (await optOut(ejection))
    const unmarked = await removeMark(ejection)
    if (optedOut) return 'removed its Rollout and every annotation of Sluice'
    return unmarked ? `removed ${BYPASS}` : undefined
  },
}
