/** The few English and German words that direct mode knows. Everything else may be part of a name. */

const wordSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

/** Words that make a sentence a question about the weather. */
export const weatherWords = wordSet(`
  weather forecast forecasts temperature temperatures temp degrees celsius fahrenheit climate conditions
  hot cold warm cool chilly freezing humid humidity dry wet rain rains raining rainy snow snows snowing snowy
  sun sunny wind winds windy cloud clouds cloudy fog foggy storm storms stormy umbrella like outside
  wetter wettervorhersage vorhersage temperatur grad heiß warm kalt kühl regen regnet regnerisch schnee schneit
  sonne sonnig wind windig wolken wolkig bewölkt sturm nebel regenschirm
`)

/** Words after which a place is named. */
export const prepositions = wordSet('in at for near around of für bei von')

/** Words that may stand inside a name, but neither begin nor end a name that was cut out of a sentence. */
export const connectors = wordSet(
  'and or und oder of the el de la le les los las del do da dos das di du en upon am an der',
)

/** Words that a name may begin with. */
export const articles = wordSet('the la le les los las el al')

/** Words that are no part of a name: functional words, verbs of asking, and small talk. */
export const commonWords = wordSet(`
  a about all also am an any are be been being best but by can could did does expect feel from get give
  going good great gonna got had has have he her here him his how how's hows however i i'd i'll i'm if into is isn't it it'll it's its
  joke just know let let's live look looking looks love me might more much must my need no not now on one our out
  please report right say sentence she should show sing so some tell than thank thanks that that's their them then there these
  they this those to too up update us very want was we wear what what's whats when where which who why will with without
  wondering would write yes you your
  hello hi hey hallo hola howdy greetings moin servus bye goodbye ok okay cheers help test testing ping yo sup
  danke bitte ja nein gut guten abend tag nacht wie wird ist es das dem den dir du ein eine ich mir mich ihr sag sage zeig zeige
  bin bist sind war wäre soll sollte kann kannst brauche was wer wo wann warum auf aus mit zum zur
  explain translate summarise summarize play make do
  currently today tonight morning afternoon evening moment
`)

/** Nouns that announce the name after them and are no part of it: “city” in “the city of London”. */
export const placeNouns = wordSet('city town village stadt')

/** Words that may precede the place in a follow-up such as “and Rome?” or “what about Rome?”. */
export const leadIns = wordSet('and or what how about und oder in at for the')
