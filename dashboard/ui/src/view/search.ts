/**
 * The search field. Words with a comma between them: any of them; `!word`: not; `"word"`: exactly; `key:value`: that field.
 * Blanks mean "and". As the home page of Argo Rollouts reads it, which has names and labels only.
 */

export type Searchable = {
  readonly namespace: string
  readonly name: string
  /** Other fields that can be asked for as `key:value`, e.g. `status`, `image`. */
  readonly fields: { readonly [key: string]: string }
}

type Test = (one: Searchable) => boolean

const wordTest = (word: string): Test => {
  const exact = /^"(.*)"$/.exec(word)?.[1]
  if (exact !== undefined)
    return ({ name, namespace }) => [name, namespace, `${namespace}/${name}`].some(one => one.toLowerCase() === exact)
  const [, key, value] = /^([a-z]+):(.*)$/.exec(word) ?? []
  if (key !== undefined && value !== undefined) return one => fieldOf(one, key).toLowerCase().includes(value)
  return one => `${one.namespace}/${one.name}`.toLowerCase().includes(word)
}

const fieldOf = (one: Searchable, key: string): string => {
  if (key === 'ns' || key === 'namespace') return one.namespace
  return key === 'name' ? one.name : (one.fields[key] ?? '')
}

const oneOf = (words: string): Test => {
  const tests = words
    .split(',')
    .filter(word => word !== '' && word !== '!')
    .map(word => {
      if (!word.startsWith('!')) return wordTest(word)
      const test = wordTest(word.slice(1))
      return (one: Searchable) => !test(one)
    })
  return one => tests.length === 0 || tests.some(test => test(one))
}

/** The empty text matches all. */
export const readSearch = (text: string): Test => {
  const parts = text
    .toLowerCase()
    .split(/\s+/)
    .filter(part => part !== '')
  const tests = parts.map(oneOf)
  return one => tests.every(test => test(one))
}
