/** A tree as the rows of a table: branches stand before the first cell. Pure. */

export type Cells = readonly [name: string, kind: string, status: string, age: string, info: string]

export type Node = { readonly cells: Cells; readonly below: readonly Node[] }

const rows = ({ cells, below }: Node, own: string, above: string): readonly Cells[] => {
  const [name, ...rest] = cells
  return [[`${own}${name}`, ...rest], ...rowsBelow(below, above)]
}

const rowsBelow = (nodes: readonly Node[], above: string): readonly Cells[] =>
  nodes.flatMap((node, i) => {
    const isLast = i === nodes.length - 1
    return rows(node, `${above}${isLast ? '└──' : '├──'}`, `${above}${isLast ? '   ' : '│  '}`)
  })

export const rowsOf = (root: Node): readonly Cells[] => rows(root, '', '')
