/** Deeper values are shown on one line: lines that show how they nest would be mostly empty. */
const deepestLevel = 6

/** All arguments of a call as JSON. Some engines cannot write thousands of levels. */
export function writeArguments(values: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(values, null, nestsDeeper(values, deepestLevel) ? 0 : 2)
  } catch {
    return '…'
  }
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(member => nestsDeeper(member, levels - 1))
}
