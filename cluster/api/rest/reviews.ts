/** Questions that are POSTed and answered, but not kept: access reviews (everything is allowed), who one is, tokens of ServiceAccounts. */
import type { Api } from '../api.ts'
import { parseObject } from '../body.ts'
import { type Answer, type Call, type Incoming, jsonAnswer } from '../call.ts'
import { methodNotAllowed } from '../failure.ts'
import { getObject } from './read.ts'

const ACCESS = ['selfsubjectaccessreviews', 'subjectaccessreviews', 'localsubjectaccessreviews', 'selfsubjectrulesreviews']

const PATH = /^\/apis\/(authorization|authentication)\.k8s\.io\/v1\/(?:namespaces\/[^/]+\/)?(\w+reviews)$/

export const isReview = (path: string): boolean => PATH.test(path)

const statusOf = (incoming: Incoming, plural: string): object => {
  if (plural === 'selfsubjectreviews') return { userInfo: incoming.user }
  if (plural === 'selfsubjectrulesreviews') {
    const all = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
    return { resourceRules: all, nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }], incomplete: false }
  }
  return ACCESS.includes(plural)
    ? { allowed: true, reason: 'this server allows every authenticated request' }
    : { authenticated: false, error: 'tokens are not reviewed by this server' }
}

export const handleReview = async (_api: Api, incoming: Incoming): Promise<Answer> => {
  if (incoming.method !== 'POST') throw methodNotAllowed()
  const [, group = '', plural = ''] = incoming.path.match(PATH) ?? []
  const body = parseObject(incoming.body, incoming.headers['content-type'])
  return jsonAnswer(201, { ...body, apiVersion: `${group}.k8s.io/v1`, status: statusOf(incoming, plural) })
}

/** POST `/token` of a ServiceAccount. */
export const handleTokenRequest = async (api: Api, call: Call): Promise<Answer> => {
  getObject(api, call)
  const body = parseObject(call.body, call.headers['content-type'])
  const expires = new Date(api.clock().getTime() + 3600_000).toISOString().replace(/\.\d+/, '')
  return jsonAnswer(201, {
    ...body,
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    status: { token: api.tokenFor(call.namespace ?? '', call.name ?? ''), expirationTimestamp: expires },
  })
}
