/** `/scale`: the number of replicas of any kind that has one, as an autoscaling/v1 Scale. */
import type { Api } from '../api.ts'
import { parseObject } from '../body.ts'
import { type Answer, type Call, jsonAnswer } from '../call.ts'
import { badRequest, conflict, staleVersion, unknownResource } from '../failure.ts'
import { invalid, invalidObject } from '../field-error.ts'
import { at, draftOf, type JsonObject, sameJson, textOf } from '../json.ts'
import type { ScalePaths } from '../kind.ts'
import type { Stored } from '../store.ts'
import { changeOfPatch } from './patch.ts'
import { getObject } from './read.ts'
import { scaleOf, setReplicas } from './scale-object.ts'
import { subjectOf } from './subject.ts'
import { changeObject } from './update.ts'

const pathsOf = (call: Call): ScalePaths => {
  if (!call.kind.scale) throw unknownResource()
  return call.kind.scale
}

const replicasOf = (call: Call, scale: JsonObject): number => {
  const replicas = at(scale, 'spec', 'replicas') ?? 0
  const invalidScale = (why: string) =>
    invalidObject({ group: 'autoscaling', kind: 'Scale', name: call.name ?? '' }, [invalid('spec.replicas', replicas, why)])
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw badRequest(`spec.replicas: ${JSON.stringify(replicas)} is not a whole number, e.g. 3`)
  if (replicas < 0) throw invalidScale('must be greater than or equal to 0')
  return replicas
}

/** The change of the object that a change of its Scale means. */
const changeScale = (api: Api, call: Call, change: (scale: JsonObject) => JsonObject, pinned: boolean): Promise<Stored> => {
  const paths = pathsOf(call)
  return changeObject(
    api,
    { ...call, query: withoutFieldValidation(call.query) },
    current => {
      const before = scaleOf(paths, current)
      const scale = change(before)
      const [uid, version] = [textOf(at(scale, 'metadata', 'uid')), textOf(at(scale, 'metadata', 'resourceVersion'))]
      const subject = subjectOf(call.kind, call.name ?? '')
      if (uid && uid !== at(current, 'metadata', 'uid'))
        throw conflict(
          subject,
          `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${String(at(current, 'metadata', 'uid'))}`,
        )
      if (version && version !== at(current, 'metadata', 'resourceVersion')) throw staleVersion(subject)
      const replicas = replicasOf(call, scale)
      if (sameJson(replicas, at(current, ...paths.specReplicas))) return current
      const draft = draftOf(current)
      setReplicas(draft, paths, replicas)
      return draft
    },
    pinned,
  )
}

const withoutFieldValidation = (query: URLSearchParams): URLSearchParams => {
  const rest = new URLSearchParams(query)
  rest.set('fieldValidation', 'Ignore')
  return rest
}

export const handleGetScale = async (api: Api, call: Call): Promise<Answer> =>
  jsonAnswer(200, scaleOf(pathsOf(call), getObject(api, call)))

export const handleReplaceScale = async (api: Api, call: Call): Promise<Answer> => {
  const body = parseObject(call.body, call.headers['content-type'])
  const stored = await changeScale(api, call, () => body, textOf(at(body, 'metadata', 'resourceVersion')) !== '')
  return jsonAnswer(200, scaleOf(pathsOf(call), stored))
}

export const handlePatchScale = async (api: Api, call: Call): Promise<Answer> => {
  const stored = await changeScale(api, call, changeOfPatch(call), false)
  return jsonAnswer(200, scaleOf(pathsOf(call), stored))
}
