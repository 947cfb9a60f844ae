import type { ComponentChildren } from 'preact'

/** Roles for tables laid out as blocks on a phone: with that layout some browsers drop the roles of rows and cells. */
export const tableRoles = {
  table: { role: 'table' },
  rowGroup: { role: 'rowgroup' },
  row: { role: 'row' },
  columnHeader: { role: 'columnheader' },
  rowHeader: { role: 'rowheader' },
  cell: { role: 'cell' },
} as const

interface TableProps {
  readonly head: readonly string[]
  /** The cells of each row; the first one names the row. */
  readonly rows: readonly (readonly ComponentChildren[])[]
}

/** A table whose cells are below each other where there is little room. */
export function Table({ head, rows }: TableProps) {
  return (
    <table class="foldable" {...tableRoles.table}>
      <thead class="fine" {...tableRoles.rowGroup}>
        <tr {...tableRoles.row}>
          {head.map(name => (
            <th key={name} scope="col" {...tableRoles.columnHeader}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody {...tableRoles.rowGroup}>
        {rows.map(([name, ...cells], row) => (
          <tr key={row} {...tableRoles.row}>
            <th scope="row" dir="auto" {...tableRoles.rowHeader}>
              {name}
            </th>
            {cells.map((cell, column) => (
              <td key={column} dir="auto" {...tableRoles.cell}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
