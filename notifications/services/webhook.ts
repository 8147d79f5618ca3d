/** `service.webhook.NAME`: url, headers [{name, value}], basicAuth {username, password}, insecureSkipVerify; a template's webhook.NAME: method, path, body. */

import { isHttpUrl } from '../../analysis/providers/http.ts'
import { asList, asObject } from '../../analysis/providers/json.ts'
import { type HttpService, TIMEOUT_MS, textOf } from './service.ts'

const METHODS = ['GET', 'POST', 'PUT'] as const

const headersOf = (options: { readonly [name: string]: unknown }): { readonly [name: string]: string } => {
  const given = asList(options['headers']).map(asObject)
  const headers = given.map(({ name, value }) => [String(name ?? '').toLowerCase(), String(value ?? '')] as const)
  const { username, password } = asObject(options['basicAuth'])
  const basic = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
  return Object.fromEntries([
    ...headers,
    ...(options['basicAuth'] === undefined ? [] : [['authorization', `Basic ${basic}`] as const]),
  ])
}

export const webhook: HttpService = {
  type: 'webhook',
  request: ({ name, options, notification }) => {
    const fields = asObject(asObject(notification['webhook'])[name])
    const base = textOf(options['url'])
    const path = textOf(fields['path'])
    const url = base !== undefined && path !== undefined ? `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}` : base
    if (!isHttpUrl(url))
      return { problem: 'url is missing or no http or https URL, e.g. url: https://hooks.example.com/rollouts' }
    const given = (textOf(fields['method']) ?? 'GET').toUpperCase()
    const method = METHODS.find(one => one === given)
    if (method === undefined) return { problem: `method is ${JSON.stringify(given)}, must be one of ${METHODS.join(', ')}` }
    const body = textOf(fields['body'])
    return {
      method,
      url,
      headers: headersOf(options),
      ...(body !== undefined && method !== 'GET' && { body }),
      timeoutMs: TIMEOUT_MS,
      ...(options['insecureSkipVerify'] === true && { isInsecure: true }),
    }
  },
}
