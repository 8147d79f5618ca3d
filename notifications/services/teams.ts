/** `service.teams`: recipientUrls, by recipient; a template's teams: title, summary, text, themeColor, facts, sections, potentialAction, or template (a whole card). */

import { isHttpUrl } from '../../analysis/providers/http.ts'
import { asObject } from '../../analysis/providers/json.ts'
import { type HttpService, jsonField, postJson, TIMEOUT_MS, textOf } from './service.ts'

export const teams: HttpService = {
  type: 'teams',
  request: ({ options, recipient, notification }) => {
    const url = asObject(options['recipientUrls'])[recipient]
    if (!isHttpUrl(url)) return { problem: `recipientUrls has no URL for ${JSON.stringify(recipient)}` }
    const fields = asObject(notification['teams'])
    const whole = textOf(fields['template'])
    if (whole !== undefined) {
      return { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: whole, timeoutMs: TIMEOUT_MS }
    }
    const lists = ['facts', 'sections', 'potentialAction'].map(name => [name, jsonField(fields, name)] as const)
    const values: Record<string, unknown> = {}
    for (const [name, read] of lists) {
      if ('problem' in read) return read
      values[name] = read.value
    }
    const sections = Array.isArray(values['sections']) ? values['sections'] : []
    const card = {
      '@type': 'MessageCard',
      '@context': 'https://schema.org/extensions',
      title: textOf(fields['title']),
      summary: textOf(fields['summary']),
      text: textOf(fields['text']) ?? textOf(notification.message),
      themeColor: textOf(fields['themeColor']),
      sections: values['facts'] === undefined ? sections : [...sections, { facts: values['facts'] }],
      potentialAction: values['potentialAction'],
    }
    return postJson(url, card)
  },
}
