import { guidPattern } from '../words/names.ts'
import { foldText, unspaced } from './folded-text.ts'

/** A value that is hidden, and the mask that replaces it. */
export interface Secret {
  readonly value: string
  readonly mask: string
  /** Whether the value is hidden only where it is no part of another word. */
  readonly isWord: boolean
}

/** A state of the automaton of Aho and Corasick: the last units of a text, which may be the beginning of a secret. */
interface State {
  readonly next: Map<string, State>
  /** The state for the longest of the shorter beginnings. */
  shorter?: State
  /** The longest secret that ends here. */
  found?: Secret & { readonly length: number }
}

export const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Returns a function that masks secrets in a text. Its time depends on the length of the text, not on the number of secrets. */
export function hider(secrets: readonly Secret[]): (text: string) => string {
  const root = automatonFor(secrets)
  return text => {
    let shown = ''
    let end = 0
    for (const span of findSecrets(text, root)) {
      if (span.start >= end) shown += text.slice(end, span.start) + span.mask
      end = Math.max(end, span.end)
    }
    return shown + text.slice(end)
  }
}

/** The longest secret at each place, in the order of the text. */
function findSecrets(text: string, root: State) {
  const { units, starts } = foldText(text)
  const spans = new Map<number, { start: number; end: number; mask: string }>()
  let state = root
  let segments: Intl.Segments | undefined
  for (const [index, unit] of units.entries()) {
    state = follow(state, unit) ?? root
    const { found } = state
    if (!found) continue
    const start = starts[index - found.length + 1] ?? 0
    const end = starts[index + 1] ?? text.length
    if (found.isWord && unspaced.test(unit)) {
      segments ??= segmenter.segment(text)
      // All shorter names that end here are parts of the same word.
      if (isPartOfWord(text.slice(start, end), start, segments)) continue
    }
    spans.set(start, { start, end, mask: found.mask })
  }
  return [...spans.values()].sort((one, other) => one.start - other.start)
}

/** Whether a name is a part of a longer word. Korean particles after a name, and a family name before it, are no such part. */
function isPartOfWord(name: string, start: number, segments: Intl.Segments): boolean {
  const { segment = '', index = 0 } = segments.containing(start) ?? {}
  const before = start - index
  const after = segment.length - before - name.length
  if (after < 0 || before + after === 0) return false
  return (before > 0 && after > 0) || !/\p{sc=Hang}{2}/u.test(name.normalize('NFC'))
}

function follow(from: State | undefined, unit: string): State | undefined {
  let state = from
  while (state && !state.next.has(unit)) state = state.shorter
  return state?.next.get(unit)
}

function automatonFor(secrets: readonly Secret[]): State {
  const root: State = { next: new Map() }
  for (const secret of secrets) {
    for (const spelling of spellingsOf(secret.value.trim()))
      insert(root, unitsOf(spelling, secret.isWord), secret)
  }
  const states = [root]
  for (const state of states) {
    for (const [unit, next] of state.next) {
      next.shorter = follow(state.shorter, unit) ?? root
      if (next.shorter.found) next.found ??= next.shorter.found
      states.push(next)
    }
  }
  return root
}

function insert(root: State, units: readonly string[], secret: Secret): void {
  let state = root
  for (const unit of units) {
    const next = state.next.get(unit) ?? { next: new Map() }
    state.next.set(unit, next)
    state = next
  }
  if (units.length > 0) state.found ??= { ...secret, length: units.length }
}

/** The spellings that folding does not make alike: ids without dashes, and a backslash that looks like the begin of an escape. */
function spellingsOf(value: string): Set<string> {
  const inJson = JSON.stringify(value).slice(1, -1)
  return new Set([value, inJson, value.replace(guidPattern, id => id.replaceAll('-', ''))])
}

/** The units of a secret. A whole word begins and ends with an edge, in scripts that show the edges of words. */
function unitsOf(spelling: string, isWord: boolean): readonly string[] {
  const { units } = foldText(spelling)
  const isOpen = (letter = '') => !isWord || unspaced.test(letter)
  return units.slice(
    units[0] === '' && isOpen(units[1]) ? 1 : 0,
    units.at(-1) === '' && isOpen(units.at(-2)) ? -1 : undefined,
  )
}
