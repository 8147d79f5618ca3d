/** A notification: the templates of a trigger, one over the other, with every text in them filled in. Pure. */
import type { Json } from '../analysis/providers/json.ts'
import type { Config } from './config.ts'
import { render } from './template/render.ts'

/** `message` is for every service, the other fields are named after the services that read them. */
export type Notification = Json & { readonly message?: unknown }

class Problem extends Error {}

const fill = (value: unknown, data: Json, where: string): unknown => {
  if (typeof value === 'string') {
    const answer = render(value, data)
    if ('problem' in answer) throw new Problem(`${where}: ${answer.problem}`)
    return answer.text
  }
  if (Array.isArray(value)) return value.map((item, i) => fill(item, data, `${where}[${i}]`))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, data, `${where}.${key}`)]))
}

/** @param data what the templates speak of; its `secrets` are in nothing but the answer */
export const renderNotification = (
  config: Config,
  templates: readonly string[],
  data: Json,
): { readonly notification: Notification } | { readonly problem: string } => {
  let notification: Json = {}
  for (const name of templates) {
    const template = config.templates.get(name)
    if (template === undefined) return { problem: `template.${name} is not in the ConfigMap` }
    try {
      notification = { ...notification, ...(fill(template, data, `template.${name}`) as Json) }
    } catch (error) {
      if (error instanceof Problem) return { problem: error.message }
      throw error
    }
  }
  return { notification }
}
