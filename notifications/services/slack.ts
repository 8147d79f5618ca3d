/** `service.slack`: token, username, icon, apiURL; a template's slack: attachments and blocks (JSON). The recipient is a channel. */
import { asObject, parseAnswer } from '../../analysis/providers/json.ts'
import { type HttpService, jsonField, postJson, textOf } from './service.ts'

const API = 'https://slack.com/api'

export const slack: HttpService = {
  type: 'slack',
  request: ({ options, recipient, notification }) => {
    const token = textOf(options['token'])
    if (token === undefined) return { problem: 'token is missing, e.g. token: $slack-token' }
    if (recipient === '') return { problem: 'a channel is missing, e.g. the value "releases" of the annotation' }
    const fields = asObject(notification['slack'])
    const attachments = jsonField(fields, 'attachments')
    if ('problem' in attachments) return attachments
    const blocks = jsonField(fields, 'blocks')
    if ('problem' in blocks) return blocks
    const icon = textOf(options['icon'])
    const body = {
      channel: recipient,
      text: textOf(notification.message),
      username: textOf(options['username']),
      [icon?.startsWith('http') ? 'icon_url' : 'icon_emoji']: icon,
      attachments: attachments.value,
      blocks: blocks.value,
    }
    const api = (textOf(options['apiURL']) ?? API).replace(/\/+$/, '')
    return postJson(`${api}/chat.postMessage`, body, { authorization: `Bearer ${token}` })
  },
  refusal: ({ body }) => {
    const { ok, error } = asObject(parseAnswer(body)?.json)
    return ok === true ? undefined : `Slack says ${textOf(error) ?? 'nothing that is understood'}`
  },
}
