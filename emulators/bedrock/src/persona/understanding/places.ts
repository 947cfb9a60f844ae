import {
  ambiguousWords,
  commonWords,
  connectors,
  firstWords,
  innerWords,
  lastWords,
  prepositions,
} from './common-words.ts'
import { isWiderArea } from './wider-areas.ts'
import type { Word } from './words.ts'

const mostPlaces = 6
const longestName = 5
/** “compare oslo and rome weather” */
const longestSloppyText = 6

interface Candidate {
  readonly names: readonly Word[]
  /** A preposition introduced it: “in Oslo”. */
  readonly isIntroduced: boolean
}

/**
 * The places a text names, as it names them. Names behind a preposition count before others,
 * capital letters before small ones; so “weather in oslo”, “Oslo weather” and “Vergleiche Rom und Oslo” all work.
 */
export function findPlaces(spoken: readonly Word[]): readonly string[] {
  const candidates = collect(spoken)
  const introduced = candidates.filter(({ isIntroduced }) => isIntroduced)
  const capitalised = (list: readonly Candidate[]) => list.filter(({ names }) => startsWithCapital(names[0]))
  const isSmall = spoken.every(word => word.isFirst || !startsWithCapital(word))
  const chosen = [
    capitalised(introduced),
    isSmall ? introduced : [],
    capitalised(candidates).filter(({ names }) => !isVerbAtStart(names, spoken)),
    isSmall && spoken.length <= longestSloppyText ? candidates : [],
  ].find(list => list.length > 0)
  const places = (chosen ?? []).map(({ names }) => nameOf(names))
  return [...new Set(places)].slice(0, mostPlaces)
}

/** Runs of words that may be names, parted at connectors, commas and common words. */
function collect(spoken: readonly Word[]): readonly Candidate[] {
  const candidates: Candidate[] = []
  let run: Word[] = []
  let isIntroduced = false
  const close = () => {
    if (run.length > 0) candidates.push({ names: run.slice(0, longestName), isIntroduced })
    run = []
  }
  for (const [at, word] of spoken.entries()) {
    if (word.isFirst) {
      close()
      isIntroduced = false
    }
    if (isPartOfName(spoken, at, run)) {
      if (word.afterComma && run.length > 0 && !isQualifier(word, spoken[at + 1])) close()
      run.push(word)
      continue
    }
    close()
    if (prepositions.has(word.key)) isIntroduced = true
    else if (!connectors.has(word.key) && !articles.has(word.key)) isIntroduced = false
  }
  close()
  return candidates
}

const articles: ReadonlySet<string> = new Set(['the', 'la', 'le', 'el', 'los', 'las', 'der', 'die', 'das'])

/** Whether a word belongs to a name; common words do inside one, as in “Rio de Janeiro”, “Los Angeles”, “Mexico City”. */
function isPartOfName(spoken: readonly Word[], at: number, run: readonly Word[]): boolean {
  const word = spoken[at]
  if (!word || /^\d/.test(word.key)) return false
  if (ambiguousWords.has(word.key)) return startsWithCapital(word) && !word.isFirst
  if (!commonWords.has(word.key) && !connectors.has(word.key)) return true
  if (word.afterComma || word.isFirst) return false
  if (run.length > 0 && startsWithCapital(run[0])) {
    return lastWords.has(word.key) ? startsWithCapital(word) : isInner(spoken, at)
  }
  return firstWords.has(word.key) && startsWithCapital(word) && isFollowedByName(spoken, at)
}

/** A small word with a name behind it. */
function isInner(spoken: readonly Word[], at: number): boolean {
  return innerWords.has(spoken[at]?.key ?? '') && isFollowedByName(spoken, at)
}

function isFollowedByName(spoken: readonly Word[], at: number): boolean {
  const next = spoken[at + 1]
  if (!next || next.isFirst || next.afterComma) return false
  return (startsWithCapital(next) && !commonWords.has(next.key)) || isInner(spoken, at + 1)
}

/** “Dallas, Texas”: what follows the comma says which Dallas. */
function isQualifier(word: Word, next: Word | undefined): boolean {
  return isWiderArea(word.text) || (next !== undefined && isWiderArea(`${word.text} ${next.text}`))
}

/** “Describe Rome”: a sentence begins with a capital letter whatever its first word is. */
function isVerbAtStart(names: readonly Word[], spoken: readonly Word[]): boolean {
  const [first] = names
  return names.length === 1 && first === spoken[0] && spoken.length > 3
}

function startsWithCapital(word: Word | undefined): boolean {
  return word !== undefined && /^\p{Lu}/u.test(word.text)
}

function nameOf(names: readonly Word[]): string {
  const isSmall = names.every(word => !startsWithCapital(word))
  return names
    .map(({ text, afterComma }, index) => {
      const bare = text.replace(/['’]s$/i, '')
      const written = isSmall ? bare.charAt(0).toUpperCase() + bare.slice(1) : bare
      return index === 0 ? written : `${afterComma ? ',' : ''} ${written}`
    })
    .join('')
}
