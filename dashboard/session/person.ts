/** Who somebody is for the API server, by the API server's own word. */
import type { KubeClient } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'

type SelfReview = { readonly status?: { readonly userInfo?: { readonly username?: string } } }

const PATH = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

/** Throws ApiError with status 401 for credentials that the API server does not know. */
export const whoIs = async (client: KubeClient): Promise<string> => {
  try {
    const review = await client.raw('POST', PATH, { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
    return (review as SelfReview).status?.userInfo?.username ?? ''
  } catch (error) {
    if (isNotFound(error)) return ''
    throw error
  }
}

/** The namespace of a ServiceAccount by its user name. */
export const namespacesOf = (user: string): readonly string[] => {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user) ?? []
  return namespace === undefined ? [] : [namespace]
}
