/** `service.pagerdutyv2`: serviceKeys, by recipient; a template's pagerdutyv2: summary, severity, source, component, group, class, url, dedupKey. */
import { asObject } from '../../analysis/providers/json.ts'
import { type HttpService, postJson, textOf } from './service.ts'

const EVENTS = 'https://events.pagerduty.com'
const SEVERITIES = ['critical', 'error', 'warning', 'info']

export const pagerDutyV2: HttpService = {
  type: 'pagerdutyv2',
  request: ({ options, recipient, notification }) => {
    const key = textOf(asObject(options['serviceKeys'])[recipient])
    if (key === undefined) return { problem: `serviceKeys has no key for ${JSON.stringify(recipient)}` }
    const fields = asObject(notification['pagerdutyv2'])
    const severity = textOf(fields['severity']) ?? 'info'
    if (!SEVERITIES.includes(severity))
      return { problem: `severity is ${JSON.stringify(severity)}, must be one of ${SEVERITIES.join(', ')}` }
    const url = textOf(fields['url'])
    const body = {
      routing_key: key,
      event_action: 'trigger',
      dedup_key: textOf(fields['dedupKey']),
      payload: {
        summary: textOf(fields['summary']) ?? textOf(notification.message) ?? '',
        severity,
        source: textOf(fields['source']) ?? 'sluice',
        component: textOf(fields['component']),
        group: textOf(fields['group']),
        class: textOf(fields['class']),
      },
      ...(url !== undefined && { links: [{ href: url, text: url }] }),
    }
    const api = (textOf(options['apiURL']) ?? EVENTS).replace(/\/+$/, '')
    return postJson(`${api}/v2/enqueue`, body)
  },
}
