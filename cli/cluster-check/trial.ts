/**
 * Asks the API server in a dry run for a Deployment that the webhook has to refuse: the only way to see from outside that the API
 * server reaches the webhook, trusts it, and gets an answer. Nothing is stored.
 */
import type { KubeClient } from '../../kube/client.ts'
import { isApiError } from '../../kube/errors.ts'
import type { Answer, Trial } from './seen.ts'

const WRONG = 'sluice-check'

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    generateName: 'sluice-check-',
    annotations: { 'sluice.dev/strategy': 'canary', 'sluice.dev/steps': WRONG },
  },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: WRONG } },
    template: { metadata: { labels: { app: WRONG } }, spec: { containers: [{ name: 'none', image: 'sluice.dev/none' }] } },
  },
}

export const tryWebhook = async (client: KubeClient, namespace: string): Promise<Answer<Trial>> => {
  try {
    await client.raw('POST', `/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`, DEPLOYMENT)
    return { is: { outcome: 'let-through', message: '' } }
  } catch (error) {
    if (!isApiError(error)) throw error
    const { status, message } = error
    // A webhook's refusal names the annotation; a missing right, and a policy of somebody else's, do not.
    if (message.includes('sluice.dev/steps')) return { is: { outcome: 'refused-by-webhook', message } }
    if (/calling webhook/.test(message)) return { is: { outcome: 'failed', message: message.replaceAll(/\s*\n\s*/g, ' ') } }
    return { refused: status === 403 ? 'you may not' : message }
  }
}
