/**
 * Whether an error has the mark of its class. `instanceof` does not do between packages: a package that is bundled into two
 * others is there twice, and each copy has classes of its own. A mark by `Symbol.for` is the same in all copies.
 */
export function hasMark(error: unknown, mark: symbol): boolean {
  return typeof error === 'object' && error !== null && mark in error
}
