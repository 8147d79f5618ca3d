/** Other images for the containers of a pod template, as JSON patches. Pure. */
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { Container } from '../api/kubernetes.ts'
import type { Workload } from './workload.ts'

export type SetImage = { readonly patch: readonly JsonPatchOp[]; readonly said: readonly string[] } | { readonly refused: string }

type Wish = { readonly container: string; readonly image: string }

const parseWish = (word: string): Wish | undefined => {
  const [, container, image] = /^([^=]+)=(\S+)$/.exec(word) ?? []
  return container === undefined || image === undefined ? undefined : { container, image }
}

const LISTS = ['containers', 'initContainers'] as const

/** The containers of the template, each with where it stands. */
const containersOf = ({
  template,
  path = '/spec/template',
}: Workload): readonly { readonly path: string; readonly container: Container }[] =>
  LISTS.flatMap(list => {
    const all = template.spec[list]
    return Array.isArray(all)
      ? all.map((container: Container, i) => ({ path: `${path}/spec/${list}/${i}/image`, container }))
      : []
  })

type Change = { readonly op: JsonPatchOp; readonly said: string }

const changesFor = ({ container: name, image }: Wish, places: ReturnType<typeof containersOf>): readonly Change[] | undefined => {
  const found = places.filter(({ path, container }) => (name === '*' ? path.includes('/containers/') : container.name === name))
  if (found.length === 0) return undefined
  return found
    .filter(({ container }) => container.image !== image)
    .map(({ path, container }) => ({
      op: { op: container.image === undefined ? 'add' : 'replace', path, value: image },
      said: `${container.name}: ${container.image ?? 'no image'} -> ${image}`,
    }))
}

/** `words`: `CONTAINER=IMAGE`; `*` is every container, init containers left out. */
export const planSetImage = (workload: Workload, words: readonly string[]): SetImage => {
  const { name, resourceVersion } = workload.object.metadata
  const wishes = words.flatMap(word => parseWish(word) ?? [])
  if (wishes.length < words.length || words.length === 0) {
    const wrong = words.find(word => parseWish(word) === undefined) ?? ''
    return {
      refused: `${JSON.stringify(wrong)} is no CONTAINER=IMAGE, e.g. set image web app=registry.example/web:v2; * is all containers`,
    }
  }
  const places = containersOf(workload)
  const unknown = wishes.find(wish => changesFor(wish, places) === undefined)
  if (unknown !== undefined) {
    const names = places.map(({ container }) => container.name).join(', ')
    return { refused: `${name} has no container ${JSON.stringify(unknown.container)}; its containers are ${names}` }
  }
  const changes = wishes.flatMap(wish => changesFor(wish, places) ?? [])
  if (changes.length === 0) return { refused: `${name} has these images already` }
  return {
    patch: [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }, ...changes.map(({ op }) => op)],
    said: changes.map(({ said }) => said),
  }
}
