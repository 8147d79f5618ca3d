/** Where in the dashboard one is, as the part of the address behind `#`. */

export type Place =
  | { readonly screen: 'overview'; readonly search: string; readonly group: string }
  | { readonly screen: 'rollout'; readonly namespace: string; readonly name: string }

const HOME: Place = { screen: 'overview', search: '', group: '' }

/** What cannot be read is the overview. */
export const readPlace = (hash: string): Place => {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [namespace = '', name = ''] = path.split('/').map(decode)
  if (namespace !== '' && name !== '') return { screen: 'rollout', namespace, name }
  const fields = new URLSearchParams(query)
  return { ...HOME, search: fields.get('q') ?? '', group: fields.get('show') ?? '' }
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

export const writePlace = (place: Place): string => {
  if (place.screen === 'rollout') return `#/${encodeURIComponent(place.namespace)}/${encodeURIComponent(place.name)}`
  const fields = new URLSearchParams({
    ...(place.search === '' ? {} : { q: place.search }),
    ...(place.group === '' ? {} : { show: place.group }),
  })
  return fields.size === 0 ? '#/' : `#/?${fields}`
}
