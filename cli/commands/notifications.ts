import { makeHttpClient } from '../../analysis/providers/http.ts'
import type { Json } from '../../analysis/providers/json.ts'
import { redact } from '../../analysis/redact.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import { systemClock } from '../../kube/clock.ts'
import { isNotFound } from '../../kube/errors.ts'
import { ANALYSIS_RUNS, ROLLOUTS } from '../../kube/resources.ts'
import type { Config } from '../../notifications/config.ts'
import { deliver } from '../../notifications/deliver.ts'
import { makeMailSender } from '../../notifications/mail.ts'
import { type Notification, renderNotification } from '../../notifications/message.ts'
import { judgeTrigger, type Variables } from '../../notifications/plan.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { runCatalogue } from '../notification-catalogue.ts'
import { notificationConfig } from '../notification-config.ts'
import { printValue } from '../output/print-object.ts'

const USAGE =
  'notifications takes catalogue, template get [NAME], template notify NAME ROLLOUT, trigger get [NAME] or trigger run NAME ROLLOUT, e.g. notifications trigger run on-rollout-aborted web'

type Given = {
  readonly session: Session
  readonly config: Config
  readonly name: string
  readonly rollout: string
  readonly values: Values
}

const variablesOf = async ({ session, config, rollout }: Given): Promise<Variables> => {
  const { client, namespace } = await session.cluster()
  try {
    const found = await client.get<KubeObject>(ROLLOUTS, { namespace, name: rollout })
    const { items } = await client.list<KubeObject>(ANALYSIS_RUNS, { namespace })
    const isOwn = ({ metadata }: KubeObject) => metadata.ownerReferences?.some(({ uid }) => uid === found.metadata.uid) === true
    return { rollout: found as unknown as Json, analysisRuns: items.filter(isOwn), context: config.context }
  } catch (error) {
    if (isNotFound(error)) throw new CliError(`there is no Rollout ${rollout} in namespace ${namespace}`)
    throw error
  }
}

/** One entry by its name, or all of them. */
const get = <T>({ session, name }: Given, what: string, all: ReadonlyMap<string, T>): number => {
  if (name !== '' && !all.has(name))
    throw new CliError(`${what}.${name} is not in the ConfigMap; there are ${[...all.keys()].join(', ') || 'none'}`)
  const shown = Object.fromEntries([...all].filter(([key]) => name === '' || key === name))
  session.terminal.write(printValue(shown, session.format === 'json' ? 'json' : 'yaml'))
  return 0
}

const send = async ({ session, config }: Given, recipient: string, notification: Notification): Promise<number> => {
  const [service = '', ...rest] = recipient.split(':')
  if (service === 'console') {
    session.terminal.write(redact(printValue(notification, 'yaml'), Object.values(config.secrets)))
    return 0
  }
  const http = makeHttpClient()
  try {
    const to = { service, recipient: rest.join(':') }
    const delivery = { http, mail: makeMailSender(), clock: systemClock, signal: session.signal }
    const failed = await deliver(config, to, notification, delivery)
    if (failed !== undefined) throw new CliError(`${service}: ${failed.problem}`)
    session.terminal.write(`told by ${service}\n`)
    return 0
  } finally {
    await http.close()
  }
}

const notify = async (given: Given): Promise<number> => {
  const { config, name, values } = given
  const data = { ...(await variablesOf(given)), secrets: config.secrets }
  const rendered = renderNotification(config, [name], data)
  if ('problem' in rendered) throw new CliError(rendered.problem)
  const { recipient } = values
  let code = 0
  for (const one of Array.isArray(recipient) ? recipient : ['console:'])
    code = Math.max(code, await send(given, one, rendered.notification))
  return code
}

/** Which conditions of a trigger hold now, and what would be sent. */
const runTrigger = async (given: Given): Promise<number> => {
  const { session, config, name } = given
  const conditions = config.triggers.get(name)
  if (conditions === undefined) return get(given, 'trigger', config.triggers)
  const variables = await variablesOf(given)
  const wrong: string[] = []
  for (const [i, condition] of conditions.entries()) {
    const judged = judgeTrigger(condition, i, variables, session.now())
    const shown = condition.when === '' ? 'every event' : condition.when
    if ('problem' in judged) wrong.push(judged.problem)
    const verdict =
      'problem' in judged ? judged.problem : judged.isTriggered ? `sends ${condition.templates.join(', ')}` : 'sends nothing now'
    session.terminal.write(`[${i}] ${shown}: ${verdict}\n`)
  }
  return wrong.length > 0 ? 1 : 0
}

const ACTIONS: {
  readonly [words: string]: { readonly needs: number; readonly run: (given: Given) => number | Promise<number> }
} = {
  'template get': { needs: 0, run: given => get(given, 'template', given.config.templates) },
  'template notify': { needs: 2, run: notify },
  'trigger get': { needs: 0, run: given => get(given, 'trigger', given.config.triggers) },
  'trigger run': { needs: 2, run: runTrigger },
}

const run = async (session: Session, _target: string, values: Values, words: readonly string[]): Promise<number> => {
  const [kind = '', verb = '', name = '', rollout = ''] = words
  if (kind === 'catalogue' && words.length === 1) return runCatalogue(session, values['apply'] === true)
  const action = Object.hasOwn(ACTIONS, `${kind} ${verb}`) ? ACTIONS[`${kind} ${verb}`] : undefined
  if (action === undefined || words.length < 2 + action.needs) throw new CliError(USAGE, 2)
  const config = await notificationConfig(session, values)
  for (const problem of config.problems) session.terminal.write(`# ${redact(problem, Object.values(config.secrets))}\n`)
  return action.run({ session, config, name, rollout, values })
}

export const notifications: Command = {
  name: 'notifications',
  summary: 'ready triggers and templates of notifications; try them on a Rollout',
  argument: '<what>',
  takes: 'words',
  options: [
    {
      flags: '--config-map <file>',
      description: "a file with the ConfigMap, instead of the cluster's; :catalogue for the ready ones",
    },
    { flags: '--secret <file>', description: "a file with the Secret, instead of the cluster's; :empty for none" },
    { flags: '--recipient <service:recipient...>', description: 'whom template notify sends to; console: prints it' },
    { flags: '--apply', description: "add what the cluster's ConfigMap lacks of the catalogue" },
  ],
  examples: [
    'notifications catalogue --apply',
    'notifications template get',
    'notifications template notify rolled-back web --recipient slack:releases',
    'notifications trigger run on-rollout-paused web --config-map notifications.yaml --secret :empty',
  ],
  run,
}
