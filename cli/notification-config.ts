/** The configuration of notifications that the commands try out: the cluster's, or files of a user. */
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../api/kubernetes.ts'
import { isNotFound } from '../kube/errors.ts'
import { CONFIG_MAPS, SECRETS } from '../kube/resources.ts'
import { CONFIG_MAP_NAME, type Config, readConfig, SECRET_NAME } from '../notifications/config.ts'
import { CliError, type Session, type Values } from './command.ts'
import { catalogueMap } from './notification-catalogue.ts'

type Texts = { readonly [key: string]: string }
type Stored = KubeObject & { readonly data?: Texts; readonly stringData?: Texts }

/** What is given instead of a file for a Secret that is empty, and for the ready triggers and templates. */
const EMPTY = ':empty'
const CATALOGUE = ':catalogue'

const decoded = ({ data = {}, stringData = {} }: Stored): Texts => ({
  ...Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8').trim()])),
  ...stringData,
})

const fromFile = async (session: Session, path: string, kind: string): Promise<Stored> => {
  const files = await session.readInput(path)
  const objects = files.flatMap(({ text }) => parseAllDocuments(text).map(document => document.toJS() as Stored | null))
  const found = objects.find(object => object?.kind === kind)
  if (!found) throw new CliError(`${path} has no ${kind}`)
  return found
}

const stored = async (session: Session, given: unknown, kind: 'ConfigMap' | 'Secret'): Promise<Stored | undefined> => {
  if (given === EMPTY) return undefined
  if (given === CATALOGUE && kind === 'ConfigMap') return catalogueMap(session.sluiceNamespace)
  if (typeof given === 'string') return fromFile(session, given, kind)
  const { client } = await session.cluster()
  const [resource, name] = kind === 'Secret' ? ([SECRETS, SECRET_NAME] as const) : ([CONFIG_MAPS, CONFIG_MAP_NAME] as const)
  try {
    return await client.get<Stored>(resource, { namespace: session.sluiceNamespace, name })
  } catch (error) {
    if (!isNotFound(error)) throw error
    if (kind === 'Secret') return undefined
    throw new CliError(
      `there is no ConfigMap ${name} in namespace ${session.sluiceNamespace}; --config-map FILE takes it from a file`,
    )
  }
}

/** By --config-map and --secret, or the cluster's own. */
export const notificationConfig = async (session: Session, { configMap, secret }: Values): Promise<Config> => {
  const map = await stored(session, configMap, 'ConfigMap')
  const secrets = await stored(session, secret, 'Secret')
  return readConfig(map?.data ?? {}, secrets === undefined ? {} : decoded(secrets))
}
