/** Prints rows as an aligned table; the first row is the head. */
export function printTable(rows: readonly (readonly (string | number)[])[]): void {
  const cells = rows.map(row => row.map(String))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)))
  for (const [index, row] of cells.entries()) {
    console.log(row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  '))
    if (index === 0) console.log(widths.map(width => '-'.repeat(width)).join('  '))
  }
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
