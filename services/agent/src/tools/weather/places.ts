const maxCharacters = { message: 200, place: 80 } as const

/** Words in names that are not capitalised: “Rio de Janeiro”, “Frankfurt am Main”, “…, Trinidad and Tobago”. */
const particles = /^(?:the|of|upon|de|del|la|las|los|el|do|da|dos|di|du|le|les|am|an|der|and)$/
/** Words that begin no name, and are in no name that is written in small letters. */
const notInNames =
  /^(?:a|about|an|and|any|are|at|be|city|do|for|give|good|hello|help|here|hey|hi|home|how|i|if|in|is|it|like|look|me|my|near|no|not|ok|okay|on|or|our|please|show|tell|test|thank|thanks|that|there|this|town|was|weather|what|what's|when|where|which|who|why|will|with|yes|you|your)$/i
const placeShape = /^\p{L}[\p{L}\p{M}'., -]*$/u

/** A message without signs at its end and words of courtesy; empty if it is longer than a question has to be. */
export function tidy(message: string): string {
  if (message.length > maxCharacters.message) return ''
  const text = message.normalize('NFC').replaceAll('’', "'").replace(/\s+/g, ' ').trim()
  const sentence = text.replace(/(?<![ ?!])[ ?!]+$|(?<=[\p{Ll}\d]{2})\.$/u, '')
  return sentence.replace(/^please,? |,? please$/i, '')
}

/** “Oslo”, “Washington, D.C.”, “new york”: a text that is nothing but a name; `undefined` for any other. */
export function readPlace(text: string): string | undefined {
  const [first = '', ...others] = text.split(/,? /)
  const isCapitalised = (word: string) => !/^\p{Ll}/u.test(word)
  const isName = [first, ...others].some(isCapitalised)
    ? others.every(word => isCapitalised(word) || particles.test(word)) && !/^[^,]* and /.test(text)
    : others.length < 3 && others.every(word => !notInNames.test(word))
  const isPlace = isName && !notInNames.test(first) && placeShape.test(text)
  return isPlace && text.length <= maxCharacters.place ? text : undefined
}
