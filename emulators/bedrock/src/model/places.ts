/** Words that begin no name, and are in no name in small letters. */
const notInNames =
  /^(?:a|about|an|and|any|are|at|be|call|do|for|get|give|good|hello|help|hey|hi|how|i|if|in|is|it|last|look|me|my|near|next|no|not|ok|okay|on|or|our|please|show|tell|thank|thanks|that|there|this|use|was|weather|week|weekend|what|what's|when|where|which|who|why|will|with|write|yes|you|your)$/i
const placeShape = /^\p{L}[\p{L}\p{M}\p{N}'., -]{0,60}$/u

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const nameOf = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const countries = letters.flatMap(a => letters.flatMap(b => nameOf.of(a + b)?.replace(/ \(.*/, '') ?? []))
/** A comma in a list of places. A country, or an abbreviation such as “D.C.”, belongs to the city before it. */
const betweenPlaces = new RegExp(`, (?!(?:${countries.join('|')}|(?:[A-Z]\\.?){2,3})(?:,|$))`)

/** A message in one line, without signs at its end and words of courtesy. */
export function tidy(message: string): string {
  const text = message.normalize('NFC').replaceAll('’', "'").replace(/\s+/g, ' ').trim()
  return text.replace(/(?<![ ?!])[ ?!]+$|(?<=[\p{Ll}\d]{2})\.$/u, '').replace(/^please,? |,? please$/i, '')
}

/** The places in “Oslo, Berlin and Rome” or “Paris, France and Oslo”; none in a text that consists of more than places. */
export function readPlaces(text: string): readonly string[] {
  const parts = text.split(/,? (?:and|or|than) (?:in )?/i)
  const places = parts.length === 1 ? parts : parts.flatMap(part => part.split(betweenPlaces))
  return places.every(isPlace) ? [...new Set(places)].slice(0, 10) : []
}

function isPlace(text: string): boolean {
  const fits = (word: string, at: number) => (at > 0 && /^\p{Lu}/u.test(word)) || !notInNames.test(word)
  return placeShape.test(text) && text.split(/,? /).every(fits)
}
