/** Names of images, read as Docker and containerd read them. */

export type Reference = {
  /** With registry, e.g. `docker.io/library/sluice:dev`. */
  readonly full: string
  /** As it is written where people read it, e.g. `sluice:dev`. */
  readonly short: string
  readonly tag: string
}

const NAME =
  /^(?:([a-z0-9.-]+(?::\d+)?)\/)?([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*):([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$/

const isHost = (word: string): boolean => word.includes('.') || word.includes(':') || word === 'localhost'

/** Throws for a name without a tag and for one that no registry would take. */
export const parseReference = (name: string): Reference => {
  const found = NAME.exec(name)
  if (found === null)
    throw new Error(`image name ${JSON.stringify(name)} is not supported, must be NAME:TAG in lower case, e.g. "sluice:dev"`)
  const [, first, rest = '', tag = ''] = found
  if (first !== undefined && isHost(first)) return { full: name, short: name, tag }
  const path = first === undefined ? `library/${rest}` : `${first}/${rest}`
  return { full: `docker.io/${path}:${tag}`, short: name, tag }
}
