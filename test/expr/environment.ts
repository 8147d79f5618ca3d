/** An environment with something of everything, for random and recorded expressions. */

export const ENV: { readonly [name: string]: unknown } = {
  result: {
    code: 200,
    list: ['x', 'y', 'x'],
    nums: [1, 2.5, 3, -4],
    nested: { a: { b: 1 } },
    empty: [],
    nothing: null,
    flag: true,
    name: 'héllo',
    items: [
      { v: 3, n: 'a', l: [1, 2] },
      { v: 1, n: 'b', l: [] },
      { v: 2, n: 'a', l: [5] },
    ],
  },
  f: 1.5,
  zero: 0,
  i: { $int: '7' },
  big: { $int: '9223372036854775807' },
  i64: { $int64: '-3' },
  s: 'abc',
  u: 'naïve 日本',
  b: true,
  n: null,
  floats: { $floats: [0.95, 0.5, 2] },
  ints: { $ints: [3, 1, 2] },
  strings: { $strings: ['b', 'a', ''] },
  mixed: [1, 'a', true, null, { $int: '2' }, [1, 2]],
  none: [],
}
