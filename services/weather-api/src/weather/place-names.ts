/**
 * A name without case, accents and punctuation: "São Paulo" becomes "sao paulo". Only marks of Latin, Greek and Cyrillic letters
 * are accents; those of other scripts are vowels, or make another letter. A name without a letter or number stays as it is.
 */
export function normalizeName(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{Mark}+/gu, '$1')
    .normalize('NFC')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[øœ]/g, letter => (letter === 'ø' ? 'o' : 'oe'))
    .replace(/[łđı]/g, letter => ({ ł: 'l', đ: 'd' })[letter] ?? 'i')
    .match(/[\p{Letter}\p{Number}][\p{Letter}\p{Number}\p{Mark}]*/gu)
  return words?.join(' ') ?? name.trim()
}

/** Splits "Portland, Oregon, USA" into the name "Portland" and the qualifiers "Oregon" and "USA". */
export function splitPlace(text: string): { name: string; qualifiers: readonly string[] } {
  const [name = '', ...qualifiers] = text.split(',').map(part => part.trim())
  return { name, qualifiers: qualifiers.filter(part => part !== '') }
}

/** The names most similar to a misspelt one, best first; empty if none is similar. */
export function closestNames(wanted: string, names: readonly string[], most = 3): string[] {
  const target = normalizeName(wanted)
  const tolerance = Math.max(1, Math.floor(target.length / 3))
  return names
    .map(name => ({ name, distance: distanceBetween(target, normalizeName(name)) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ name }) => name)
}

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours. */
function distanceBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
