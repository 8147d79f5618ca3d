/** Asks the API server of each right that a process needs whether its ServiceAccount has it (SubjectAccessReview). */
import type { Pod } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isApiError } from '../../kube/errors.ts'
import { PROCESSES, type Process, podsOf } from './processes.ts'
import type { Answer, Asked } from './seen.ts'
import { type Installed, type Right, rightsOf } from './wanted-rights.ts'

type Review = { readonly status?: { readonly allowed?: boolean } }

/** As a token of the ServiceAccount is read by the API server. */
const subjectOf = (namespace: string, account: string) => ({
  user: `system:serviceaccount:${namespace}:${account}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
})

const ask = async (
  client: KubeClient,
  subject: object,
  { verb, group, resource, name, namespace }: Right,
): Promise<Answer<boolean>> => {
  const [plural = '', subresource] = resource.split('/')
  const resourceAttributes = {
    verb,
    group,
    resource: plural,
    ...(subresource !== undefined && { subresource }),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  }
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { ...subject, resourceAttributes },
  }
  try {
    const { status } = (await client.raw('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', body)) as Review
    return { is: status?.allowed === true }
  } catch (error) {
    if (isApiError(error)) return { refused: error.status === 403 ? 'you may not' : error.message }
    throw error
  }
}

const shown = ({ verb, group, resource, name }: Right): string =>
  `${verb} ${group === '' ? '' : `${group}/`}${resource}${name === undefined ? '' : ` ${name}`}`

/** The account that the component's pods run as; without a pod the one that they would. */
const accountOf = (pods: readonly Pod[], component: Process): string =>
  podsOf(pods, component)[0]?.spec.serviceAccountName ?? `sluice-${component}`

/** So many questions at a time. */
const AT_ONCE = 8

export const askRights = async (client: KubeClient, installed: Installed): Promise<readonly Asked[]> => {
  const { namespace, pods } = installed
  const questions = PROCESSES.flatMap(component =>
    rightsOf(component, installed).map(right => ({ component, account: accountOf(pods, component), right })),
  )
  const answers: Answer<boolean>[] = []
  for (let i = 0; i < questions.length; i += AT_ONCE) {
    const asked = questions.slice(i, i + AT_ONCE)
    answers.push(...(await Promise.all(asked.map(({ account, right }) => ask(client, subjectOf(namespace, account), right)))))
    // Who may not ask one may not ask any.
    const refused = answers.find(one => 'refused' in one)
    if (refused !== undefined) return questions.map(one => askedOf(one, namespace, refused))
  }
  return questions.map((one, i) => askedOf(one, namespace, answers[i] ?? { refused: 'not asked' }))
}

const askedOf = (
  { component, account, right }: { readonly component: string; readonly account: string; readonly right: Right },
  namespace: string,
  allowed: Answer<boolean>,
): Asked => ({
  component,
  account: `${namespace}/${account}`,
  right: shown(right),
  ...(right.namespace !== undefined && { namespace: right.namespace }),
  allowed,
})
