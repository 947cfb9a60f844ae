import { words } from '../understanding/words.ts'
import { english } from './english.ts'
import { french } from './french.ts'
import { german } from './german.ts'
import type { Language } from './language.ts'
import { spanish } from './spanish.ts'

/** Words that are frequent in one language and rare in the others. */
const telling: readonly (readonly [Language, ReadonlySet<string>])[] = [
  [
    english,
    setOf(
      "the is what what’s what's whats how will it weather and tomorrow today tonight about do i you compare rain hello hi thanks who are does warmer colder than or",
    ),
  ],
  [
    german,
    setOf(
      'der die das ist wie wird wetter und morgen heute übermorgen regnet es in brauche ich vergleiche hallo danke wer bist du was kannst dem den für wochenende wärmer kälter als oder ist’s vorhersage',
    ),
  ],
  [
    french,
    setOf(
      "le la les est quel quelle temps fait fait-il et demain aujourd’hui aujourd'hui après-demain pleut il météo à compare bonjour merci qui es-tu êtes-vous tu vous quoi pour que est-ce prévisions week-end ou",
    ),
  ],
  [
    spanish,
    setOf(
      'el la los es qué que tiempo hace y mañana hoy llueve lloverá en clima compara hola gracias quién eres cómo será para pronóstico fin semana o',
    ),
  ],
]

function setOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

/** The language of the latest text that gives itself away; English if none does. */
export function detectLanguage(latestFirst: readonly string[]): Language {
  for (const text of latestFirst) {
    const spoken = words(text).map(({ key }) => key)
    const scores = telling.map(
      ([language, known]) => [language, spoken.filter(word => known.has(word)).length] as const,
    )
    const [best] = scores.toSorted(([, a], [, b]) => b - a)
    if (best && best[1] > 0) return best[0]
  }
  return english
}
