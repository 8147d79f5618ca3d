/** Random expressions, mostly well-typed, over an environment with something of everything. */
import fc from 'fast-check'

type Kind = 'int' | 'float' | 'text' | 'bool' | 'array' | 'texts' | 'map' | 'any' | 'time' | 'span'
const KINDS: readonly Kind[] = ['int', 'float', 'text', 'bool', 'array', 'texts', 'map', 'any', 'time', 'span']

type Text = fc.Arbitrary<string>
type Ties = (kind: string) => Text

const words = (text: string): Text => fc.constantFrom(...text.split(' '))

/** `int + int`: each kind in the template becomes an expression of it; `A|B` is one of these words. */
const shape = (ties: Ties, template: string): Text => {
  const parts = template.split(' ').map((part): Text => {
    const [, name] = /^<(#?[a-z]+)>$/.exec(part) ?? []
    if (name !== undefined) return ties(name)
    return part.includes('~') ? fc.constantFrom(...part.split('~')) : fc.constant(part)
  })
  return fc.tuple(...parts).map(found => found.join(' '))
}

const PREDICATE =
  /((?:all|any|one|none|count|findIndex|findLastIndex|filter|map|sum|groupBy|sortBy|findLast|find)\( (?:<\w+>|ints|result\.items|filter\(.*?\)) , (?:\{ |let y = # ; )?)<(\w+)>/g

/** `<bool>` as a predicate becomes `<#bool>`, which may use `#`. */
const withPredicates = (template: string): string => template.replaceAll(PREDICATE, '$1<#$2>')

/** Only right inside of a predicate. */
const POINTERS: Text = words('# # # #index #acc .v #.v .n .l')

const LEAVES: { readonly [kind in Kind]: readonly Text[] } = {
  int: [
    words('0 1 2 3 -1 7 10 i big i64 0xff 0b101 0o17 1_000 9223372036854775807'),
    words('ints[0] len(s) len(u) len(result.items) i'),
  ],
  float: [words('0.5 1.5 .25 1e3 2.5e-3 f zero result.code 1e308 floats[1] result.nums[0]')],
  text: [
    words(`"a" 'b' "" \`raw\` "x\\n" "\\u00e9" s u result.name strings[0] result.list[1] "1" "12" "2024-01-02" "1h30m"`),
    words(`"asc" "desc" "é日" u[1:3] s[-2:] u[:2] type(f) string(i) b"ab\\xff" upper(u) "15:04:05"`),
  ],
  bool: [words('true false b result.flag !b')],
  array: [
    words(
      'result.nums floats ints mixed none [1,2,3] [] [1,2.5] 1..3 result.items result.empty [[1],[2,[3]]] [n,1] 0..0 3..1 concat([])',
    ),
  ],
  texts: [words('strings result.list ["a","b"] split(s,"") split(u,"") ["a"]')],
  map: [words('result {} {a:1} {"a":1,b:"x"} result.nested {(s):f} # $env.result')],
  any: [
    words(
      'n nil result.nothing result.missing result.nested.a?.b result?.code mixed[0] mixed[3] result.items[0].n get(result,"code") $env result.x?.y',
    ),
  ],
  time: [
    words('date("2024-03-01") date("2024-02-29T10:11:12.5+02:00") date("2023-12-31","2006-01-02") date("10:11:12") date("bad")'),
  ],
  span: [words('duration("1h") duration("-1.5s") duration("250ms") duration("1h30m") duration("x")')],
}

const SHAPES: { readonly [kind in Kind]: readonly string[] } = {
  int: [
    '<int> +~-~*~% <int>',
    '- <int>',
    '( <int> )',
    'len( <text> )',
    'len( <array> )',
    'len( <any> )',
    'int( <float> )',
    'int( <text> )',
    'count( <array> , <bool> )',
    'count( <array> , { <bool> } )',
    'findIndex~findLastIndex( <array> , <bool> )',
    'bitand~bitor~bitxor~bitnand~bitshl~bitshr~bitushr( <int> , <int> )',
    'bitnot( <int> )',
    'indexOf~lastIndexOf( <text> , <text> )',
    'asInt( <any> )',
    'asInt( <text> )',
    '<bool> ? <int> : <int>',
    'abs( <int> )',
    'let x = <int> ; x + <int>',
    '<time> . Year()~Day()~Hour()~YearDay()~Unix()~Nanosecond()',
    'if <bool> { <int> } else { <int> }',
    'sum( ints )',
    'sum( <int> .. <int> )',
    'reduce( ints , #acc + # )',
    'len( keys( <map> ) )',
    'len( toPairs( <map> ) )',
    'max~min( <int> , <int> )',
    '<int> | abs()~bitnot()',
  ],
  float: [
    '<float> +~-~*~/ <float>',
    '<int> +~-~*~/~^~** <float>',
    '<float> ^ <int>',
    '<int> / <int>',
    '<int> ** <int>',
    '- <float>',
    '( <float> )',
    'float( <int> )',
    'float( <text> )',
    'abs~ceil~floor~round( <float> )',
    'sum( <array> )',
    'sum( <array> , <float> )',
    'mean~median( <array> )',
    'mean~median( <float> , <int> , <array> )',
    'max~min( <array> )',
    'max~min( <float> , <int> )',
    'asFloat( <any> )',
    'reduce( <array> , #acc + # , <float> )',
    'reduce( <array> , #acc +~*~- # )',
    '<span> . Seconds()~Hours()~Minutes()',
    '<bool> ? <float> : <int>',
    '<array> [ <int> ]',
    'first~last( <array> )',
    '<map> . v',
    '<any> ?? <float>',
  ],
  text: [
    '<text> + <text>',
    '( <text> )',
    'trim~upper~lower~toBase64~fromBase64~trimPrefix~trimSuffix( <text> )',
    'trim~trimPrefix~trimSuffix( <text> , <text> )',
    'replace( <text> , <text> , <text> )',
    'replace( <text> , <text> , <text> , <int> )',
    'repeat( <text> , <int> )',
    'join( <texts> )',
    'join( <texts> , <text> )',
    'join( <array> )',
    'string~type~toJSON( <any> )',
    'string~type~toJSON( <float> )',
    'string~type~toJSON( <array> )',
    'string~type~toJSON( <map> )',
    'string~type~toJSON( <span> )',
    'string~type~toJSON( <time> )',
    '<text> [ <int> : <int> ]',
    '<text> [ : <int> ]',
    '<texts> [ <int> ]',
    '<time> . String()~Month().String()~Weekday().String()',
    '<time> . Format( "Mon~Jan~2~15:04:05.000~2006-01-02T15:04:05Z07:00~3PM" )',
    '<any> ?? <text>',
    '<bool> ? <text> : <text>',
    'first~last( <texts> )',
    '<text> | upper()~trim()',
  ],
  bool: [
    '<int> <~>~<=~>=~==~!= <float>',
    '<int> <~>~<=~>=~==~!= <int>',
    '<float> < <float> < <float>',
    '<text> <~>~<=~>=~==~!= <text>',
    '<bool> and~or~&&~|| <bool>',
    'not~! ( <bool> )',
    '<text> contains~startsWith~endsWith <text>',
    '<text> not contains~startsWith~endsWith <text>',
    '<text> matches "^a.*~[a-z]+$~(?i)B~\\\\d~é.~("',
    '<text> matches <text>',
    '<any> ==~!= <any>',
    '<any> ==~!= nil',
    '<any> == <float>',
    '<any> in <array>',
    '<int> in <array>',
    '<int> in [1,2]~1..3',
    '<text> in ["a","b"]~strings~result.list',
    '<text> not in <texts>',
    '<text> in <map>',
    '<any> in <map>',
    'all~any~one~none( <array> , <bool> )',
    'all~any~one~none( <texts> , { <bool> } )',
    'all( <array> , <bool> ) && all( <array> , <bool> )',
    'any( ints , <bool> ) || any( ints , <bool> )',
    'none( ints , <bool> ) and none( ints , <bool> )',
    'count( <array> , <bool> ) >~>=~<~<= 0~1~2',
    '<array> ==~!= <array>',
    '<map> ==~!= <map>',
    'isNaN~isInf( <float> )',
    'isNil( <any> )',
    'hasPrefix~hasSuffix( <text> , <text> )',
    '<time> <~>~==~!=~>= <time>',
    '<span> <~>~==~!=~<= <span>',
    '<time> . Before~After~Equal( <time> )',
    '<any> ?? <bool>',
    '( <bool> )',
  ],
  array: [
    '[ <float> , <any> ]',
    '[ <int> , <int> ]',
    '[ <any> ]',
    '<int> .. <int>',
    'filter( <array> , <bool> )',
    'filter( filter( <array> , <bool> ) , <bool> )',
    'map( <array> , <any> )',
    'map( <array> , <float> )',
    'map( filter( <array> , <bool> ) , <float> )',
    'map( <array> , let y = # ; y )',
    '<array> [ <int> : <int> ]',
    '<array> [ <int> : ]',
    'concat~flatten( <array> )',
    'concat( <array> , <array> )',
    'reverse~uniq~flatten~sort( <array> )',
    'sort( <array> , <text> )',
    'sortBy( <array> , <float> )',
    'sortBy( <array> , <any> , "asc"~"desc"~"x" )',
    'take( <array> , <int> )',
    'values( {"a":<float>} )',
    'toPairs( {"a":1} )',
    'keys( {"a":1} )',
    'fromJSON( "[1,2]"~"{}"~"x"~"[1e400]" )',
    'filter( <array> , <bool> ) [ 0~1~-1 ]',
    'first~last( filter( <array> , <bool> ) )',
  ],
  texts: [
    'split~splitAfter( <text> , <text> )',
    'split~splitAfter( <text> , <text> , <int> )',
    'filter( <texts> , <bool> )',
    'map( <texts> , <text> )',
    'sort( <texts> )',
    'sort( <texts> , "asc"~"desc" )',
    'reverse~uniq( <texts> )',
    'keys( <map> ) [ :1~:0 ] | len()',
  ],
  map: [
    '{ "a" : <any> , b : <float> }',
    '{ ( <text> ) : <int> }',
    'groupBy( <array> , <any> )',
    'groupBy( result.items , .n~.v )',
    'fromPairs( [ [ <text> , <any> ] ] )',
    'fromPairs( <array> )',
    '<array> [ <int> ]',
    'find~findLast( result.items , <bool> )',
    'fromJSON( toJSON( <any> ) )',
    'reduce( <array> , { "n" : # } , <map> )',
  ],
  any: [
    '<map> . a~v~code~missing',
    '<map> ?. a~b?.c~missing?.x',
    '<map> [ <text> ]',
    '<any> . a',
    '<any> ?. a',
    '<any> ?.[ <int> ]',
    '<any> [ <int> ]',
    'get( <map> , <text> )',
    'get( <array> , <int> )',
    'get( <any> , <any> )',
    'first~last( <any> )',
    '<any> ?? <any>',
    '<bool> ? <any> : nil',
    '<bool> ?: <any>',
    'default( <any> , <float> )',
    'find~findLast( <array> , <bool> )',
    'abs~ceil~int~float( <any> )',
    '<any> +~-~*~/~% <any>',
    '- <any>',
    '<any> .. <any>',
    'max~min~mean~median( <any> )',
    'let x = <any> ; [ x , x ]',
    '<any> ; <any>',
    '$env [ <text> ]',
    'sum~uniq~reverse~flatten~sort( <any> )',
  ],
  time: [
    '<time> +~- <span>',
    'date( <text> )',
    'date( <text> , <text> )',
    '<time> . AddDate( i~-3~0 , 1~15~-2 , -1~40 )',
    '<time> . Add( <span> )',
    '<time> . Truncate~Round( <span> )',
  ],
  span: [
    'duration( <text> )',
    '<span> +~-~* <span>',
    '<span> * <int>',
    '<int> * <span>',
    '<span> * <float>',
    '<time> - <time>',
    '<span> . Round~Truncate( <span> )',
    'abs~int( <span> )',
  ],
}

const kindArbitrary = (kind: Kind, isInside: boolean, tie: (kind: string) => Text): Text => {
  const ties: Ties = name => tie(isInside && !name.startsWith('#') ? `#${name}` : name)
  const leaves = fc.oneof(...LEAVES[kind])
  const other = fc.constantFrom(...KINDS).chain(name => fc.oneof(...LEAVES[name]))
  const branches = SHAPES[kind].map(template => ({ arbitrary: shape(ties, withPredicates(template)), weight: 2 }))
  return fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression' },
    { arbitrary: leaves, weight: 3 * branches.length },
    { arbitrary: isInside ? POINTERS : leaves, weight: branches.length },
    { arbitrary: other, weight: 2 },
    ...branches,
  )
}

const ALL = KINDS.flatMap(kind => [kind, `#${kind}`])

const arbitraries = fc.letrec<{ [kind: string]: string }>(tie =>
  Object.fromEntries(
    ALL.map(name => {
      const kind = name.replace('#', '') as Kind
      return [name, kindArbitrary(kind, name !== kind, other => tie(other) as Text)]
    }),
  ),
)

/** At the top there is always an operator or a call. */
const top: Text = fc.oneof(
  ...KINDS.map(kind =>
    fc.oneof(...SHAPES[kind].map(template => shape(name => arbitraries[name] as Text, withPredicates(template)))),
  ),
)

/**
 * The library leaves something on its stack when it searches from the end, and when an optional chain ends in a call, so that an
 * operand that is computed before is lost. Here the right operand is taken; so these are compared only where nothing is before them.
 */
const LEAVES_SOMETHING = /.findLast|.last\(|.\[ -1|.\?\. ?\w+ ?\(/s

/** Small damage to what was generated, for the lexer and the parser. */
const damaged: Text = fc
  .tuple(
    top,
    fc.nat(),
    fc.constantFrom('', '(', ')', '.', '?', '"', '#', ' not ', ',', '1', '..', '|', '&', '\\', 'é', '//', '/*'),
  )
  .map(([text, at, piece]) => {
    const position = at % (text.length + 1)
    return text.slice(0, position) + piece + text.slice(position + 1)
  })

export const expressions: Text = fc
  .oneof({ arbitrary: top, weight: 9 }, { arbitrary: damaged, weight: 1 })
  .filter(text => !LEAVES_SOMETHING.test(text))
