/** Letters of the scripts that are written without spaces between words or, as in Korean, before endings. */
export const unspaced =
  /(?=[\p{L}\p{M}])[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u
/** Accents, soft hyphens and joiners. */
const ignored = /[\u0300-\u036f\u00ad\u2060]|\u200d/g
/** Single characters, also as they are written in an address, or in JSON inside a text. */
const characters =
  /%[0-7]\p{AHex}|%[c-f]\p{AHex}(?:%[89ab]\p{AHex}){1,3}|\\ud[89ab]\p{AHex}{2}\\ud[c-f]\p{AHex}{2}|\\u\p{AHex}{4}|\\["\\/nrt]|./gisu

const kinds = [unspaced, /[\p{L}\p{M}\p{N}]/u, /./su]
const noLetter = 2
const known = new Map<string, readonly (readonly [unit: string, kind: number])[]>()

/** A text as texts are compared: without case, accents, escapes and differences of form. */
export function foldText(text: string) {
  /** The characters, and `''` for each edge of a word. */
  const units: string[] = []
  /** Where in the text each unit begins. */
  const starts: number[] = []
  let at = 0
  let before = noLetter
  const add = (unit: string) => {
    units.push(unit)
    starts.push(at)
  }
  for (const written of text.match(characters) ?? []) {
    for (const [unit, kind] of known.get(written) ?? fold(written)) {
      if (kind !== before) add('')
      add(unit)
      before = kind
    }
    at += written.length
  }
  if (before !== noLetter) add('')
  return { units, starts }
}

/** Compatibility forms and both cases become alike: `ﬁ` is `fi`, `ß` is `ss`, and `ı` and `İ` are `i`. A form has + for spaces. */
function fold(written: string) {
  const letters = decode(written).normalize('NFKD').replace(ignored, '').toUpperCase().toLowerCase()
  const folded = Array.from(
    letters.replace(/[\s+]/g, ' '),
    unit => [unit, kinds.findIndex(kind => kind.test(unit))] as const,
  )
  if (written.length <= 2) known.set(written, folded)
  return folded
}

function decode(written: string): string {
  try {
    if (written.startsWith('%')) return decodeURIComponent(written)
    return written.startsWith('\\') ? JSON.parse(`"${written}"`) : written
  } catch {
    return written
  }
}
