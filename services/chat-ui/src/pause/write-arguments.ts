/** Deeper values are shown on one line: lines that show how they nest would be mostly empty. */
const deepestLevel = 6

/** The arguments of a call as JSON, or one of them. Some engines cannot write thousands of levels. */
export function writeArguments(values: unknown, indent = 2): string {
  try {
    return JSON.stringify(values, null, nestsDeeper(values, deepestLevel) ? 0 : indent)
  } catch {
    return '…'
  }
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(member => nestsDeeper(member, levels - 1))
}
