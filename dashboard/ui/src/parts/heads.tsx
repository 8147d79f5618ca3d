/** The head of a table that has a word for each column. */
import type { VNode } from 'preact'

export const Heads = ({ of }: { readonly of: readonly string[] }): VNode => (
  <thead>
    <tr>
      {of.map(head => (
        <th key={head} scope="col">
          {head}
        </th>
      ))}
    </tr>
  </thead>
)
