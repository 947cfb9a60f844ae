/** What became of a claim from the left token to the right one. */
export type Sign = 'same' | 'changed' | 'added' | 'removed'

export const signWords: Readonly<Record<Sign, string>> = {
  same: 'kept',
  changed: 'changed',
  added: 'added',
  removed: 'removed',
}
