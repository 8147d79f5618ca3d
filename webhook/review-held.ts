/** Updates of a held Deployment by anyone but the controller: the hold stays, and what its owner changed is kept for the end. */
import { readSettings } from '../api/annotations.ts'
import type { Deployment } from '../api/kubernetes.ts'
import { SAVED, STABLE_TEMPLATE } from '../api/names.ts'
import { sameTemplate, templateHash } from '../api/template.ts'
import { allow, type Decision, type DecisionName } from './admission.ts'
import { metadataOps } from './annotation-ops.ts'
import type { DeploymentUpdate } from './check-settings.ts'
import { followUpNote, hold, isFollowUp, looksHeld, noteOf } from './held-fields.ts'

export const reviewHeld = (update: DeploymentUpdate): Decision => {
  const { object, old } = update
  const replaced = noteOf(old) ?? '{}'
  const sent = noteOf(object)
  const base = looksHeld(object) && isFollowUp(sent, replaced) ? sent : replaced
  const held = hold(object, base)
  const note = held.note === base ? base : followUpNote(held.note, replaced)
  const { decision, reason, warning } = judge(update)
  const kept = held.note === base || decision === 'resume-answered' ? [] : [KEPT]
  return allow(decision, reason, {
    patch: [
      ...metadataOps(object, 'annotations', { [SAVED]: note, [STABLE_TEMPLATE]: old.metadata.annotations?.[STABLE_TEMPLATE] }),
      ...held.specOps,
    ],
    warnings: [...update.warnings, ...(warning === undefined ? [] : [warning]), ...kept],
  })
}

const KEPT =
  'spec.strategy, spec.paused, spec.revisionHistoryLimit and spec.progressDeadlineSeconds are held during the update; your new values are noted and come into force when it ends'

type Judgement = { readonly decision: DecisionName; readonly reason: string; readonly warning?: string }

const judge = ({ object, old, settings }: DeploymentUpdate): Judgement => {
  const { name } = object.metadata
  if (!sameTemplate(old.spec.template, object.spec.template)) return judgeTemplate(object, old)
  if (!settings.optedIn && readSettings(old.metadata.annotations).optedIn)
    return {
      decision: 'opt-out',
      reason: 'sluice.dev/strategy was removed in mid-update',
      warning: `sluice.dev/strategy was removed in the middle of an update of ${name}: its stable version is put back first, then the Deployment is Kubernetes' own again`,
    }
  if (isResume(object, old))
    return {
      decision: 'resume-answered',
      reason: 'kubectl rollout resume in mid-update',
      warning: `${name} is held by Sluice in the middle of an update and stays paused; to go on with the update run: kubectl sluice promote ${name}`,
    }
  return { decision: 'keep-hold', reason: 'an update is in progress' }
}

const judgeTemplate = (object: Deployment, old: Deployment): Judgement => {
  const { name } = object.metadata
  if (templateHash(object.spec.template) === old.metadata.annotations?.[STABLE_TEMPLATE])
    return {
      decision: 'rollback',
      reason: 'the template of the stable version',
      warning: `${name} goes back to its stable version; the version that was being tried is dropped`,
    }
  return {
    decision: 'new-version',
    reason: 'a new template in mid-update',
    warning: `an update of ${name} was in progress: the version that was being tried is dropped, and this one starts at the first step`,
  }
}

/** `paused` taken away and no other held field touched: kubectl rollout resume, and nothing that applies a manifest. */
const isResume = (object: Deployment, old: Deployment): boolean =>
  old.spec.paused === true && object.spec.paused !== true && looksHeld({ ...object, spec: { ...object.spec, paused: true } })
