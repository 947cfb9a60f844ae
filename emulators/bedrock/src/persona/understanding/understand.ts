import { findPeriod, type Period } from './period.ts'
import { findPlaces } from './places.ts'
import { words } from './words.ts'

export type SmallTalk = 'greeting' | 'thanks' | 'farewell' | 'identity' | 'capabilities' | 'wellbeing'

/** What a text, taken alone, says. */
export interface Understanding {
  readonly asksWeather: boolean
  readonly asksUmbrella: boolean
  /** It continues what was talked about: “and tomorrow?”, “und in Rom?”, “Oslo”. */
  readonly continues: boolean
  readonly places: readonly string[]
  readonly period: Period | undefined
  readonly smallTalk: SmallTalk | undefined
}

const weatherWords =
  /(?<!\p{L})(weather|forecasts?|temperatures?|rain(s|ing|y)?|snow(s|ing|y)?|sunny|sunshine|cloud(s|y)|wind(y)?|fog(gy)?|storm(y)?|humid(ity)?|hot(ter|test)?|cold(er|est)?|warm(er|est)?|umbrella|raincoat|degrees|wetter|\p{L}*vorhersage|temperatur(en)?|regnet|regnen|regen|schnee|schnei(t|en)|sonnig|bewölkt|windig|neblig|gewitter|heiß(er)?|kalt|kälter|wärmer|\p{L}*schirm|grad|météo|prévisions?|températures?|pluie|pleut(-il)?|pleuvoir|pleuvra|neige(-t-il)?|neiger|ensoleillé|soleil|nuageux|vent|orage|chaud|froid|parapluie|quel temps|temps (fait|fera|à|en|de)|le temps|tiempo|clima|pronóstico|temperaturas?|lluvia|llueve|llover|lloverá|nieve|nieva|soleado|nublado|viento|tormenta|calor|frío|paraguas)(?!\p{L})/u
const umbrellaWords =
  /umbrella|raincoat|schirm|parapluie|paraguas|(?<!\p{L})(rain(s|ing)?|regnet|regnen|pleut(-il)?|pleuvoir|llueve|llover|lloverá)(?!\p{L})/u
const continuations =
  /^(and|what about|how about|und|wie (sieht|ist) es|was ist mit|et|qu'en est-il|y|and what)(?!\p{L})/u

const smallTalk: readonly (readonly [SmallTalk, RegExp])[] = [
  [
    'identity',
    /who are you|what are you|are you (a |an )?(real|human|bot|robot|ai|claude|model|emulat)|your name|which model|what model|wer bist du|was bist du|bist du (ein|echt|claude)|welches modell|wie heißt du|qui es-tu|qui êtes-vous|es-tu (un|claude)|quel modèle|quién eres|qué eres|eres (un|claude)|qué modelo/u,
  ],
  [
    'capabilities',
    /what can you do|how can you help|^help$|was kannst du|wobei kannst|^hilfe$|que peux-tu|que pouvez-vous|^aide$|qué puedes|^ayuda$/u,
  ],
  ['wellbeing', /how are you|how's it going|wie geht|ça va|comment vas|comment allez|cómo estás|qué tal/u],
  [
    'thanks',
    /^(ok |okay |great |many |vielen |muchas )?(thanks|thank you|thx|danke|dank|merci|gracias)(?!\p{L})/u,
  ],
  ['farewell', /^(bye|goodbye|see you|tschüss|auf wiedersehen|au revoir|adiós|hasta luego)(?!\p{L})/u],
  [
    'greeting',
    /^(hi|hello|hey|good (morning|evening|afternoon|day)|hallo|guten (tag|morgen|abend)|moin|bonjour|salut|bonsoir|hola|buenos días|buenas (tardes|noches))(?!\p{L})/u,
  ],
]

/** Reads one text, without what was said before. */
export function understand(text: string): Understanding {
  const spoken = words(text)
  const plain = spoken.map(({ key }) => key).join(' ')
  const places = findPlaces(spoken)
  const period = findPeriod(spoken)
  const talk = smallTalk.find(([, pattern]) => pattern.test(plain))?.[0]
  return {
    asksWeather: weatherWords.test(plain),
    asksUmbrella: umbrellaWords.test(plain),
    continues:
      (spoken.length <= 8 && continuations.test(plain)) ||
      (spoken.length <= 4 && (places.length > 0 || period !== undefined)),
    places,
    period,
    smallTalk: talk,
  }
}
