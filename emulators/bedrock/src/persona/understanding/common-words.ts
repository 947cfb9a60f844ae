/** Words that are never a place, in the model's four languages. */
export const commonWords: ReadonlySet<string> = new Set(
  `
  a an the this that these those it its it's is are was be will would should can could do does did has have how what what's
  which who where when why there here like me my i i'm i'll you your we us our they them please tell show give check compare
  find get look let know want need needed say about right now currently today tonight tomorrow yesterday morning evening afternoon
  night day days week weeks weekend next coming later soon few some any more less than then much many very really just also
  too not no yes ok okay hi hello hey thanks thank bye goodbye cheers good great nice one two three four five six seven
  weather forecast forecasts temperature temperatures rain raining rainy snow snowing snowy sun sunny cloud clouds cloudy wind
  windy fog foggy storm stormy humid humidity hot hotter hottest cold colder coldest warm warmer warmest cool cooler mild dry
  wet umbrella jacket coat degrees celsius fahrenheit climate outside conditions difference city cities town time going go
  both each every all same if so but because with without of to from at on in for by near around between and or vs versus
  help explain write sing recommend suggest describe report update question world

  der die das den dem des ein eine einen einem einer eines es ist sind war wird werden wie was wer wo wann warum welche
  welcher welches gibt gib mir mich mein meine ich du dein deine wir uns ihr sie man bitte sag sage zeig zeige nenne
  vergleiche vergleich schau sieh weißt kannst können brauche brauchen soll sollte nehmen mitnehmen hat habe haben gerade
  jetzt aktuell aktuelle aktuellen heute morgen übermorgen gestern abend nacht nachmittag früh tag tage tagen woche
  wochenende nächste nächsten nächster kommenden kommende paar mehr weniger als dann sehr auch nicht nein ja hallo danke
  dank tschüss guten moin wetter vorhersage wettervorhersage temperatur temperaturen regen regnet regnen schnee schneit
  schneien sonne sonnig sonnige wolken bewölkt wind windig nebel sturm gewitter heiß heißer kalt kälter kälteste warm wärmer
  wärmste kühl mild trocken nass regenschirm schirm jacke grad draußen stadt städte unterschied dort da hier beide beiden
  mit ohne von vom zum zur zu im in am an auf für bei nach um über zwischen und oder wieviel viel vielen montag dienstag
  mittwoch donnerstag freitag samstag sonntag

  le la les l' un une des du de d' est sont était sera c'est qu'il quel quelle quels quelles que qu' qui quoi où quand comment
  pourquoi combien il elle fait fait-il fera fera-t-il va va-t-il faut-il ai-je besoin d'un donne donne-moi dis dis-moi montre
  compare comparer peux peux-tu pouvez-vous je j'ai tu vous nous on mon ma mes ton ta s'il te plaît svp maintenant actuellement
  aujourd'hui demain après-demain hier soir nuit matin jour jours semaine week-end prochaine prochain prochains prochaines
  plus moins très aussi ne pas non oui bonjour salut merci revoir temps météo prévision prévisions température températures
  pluie pleut pleut-il pleuvoir pleuvra neige neige-t-il soleil ensoleillé nuages nuageux vent venteux brouillard orage chaud
  froid froide doux sec humide parapluie manteau degrés dehors ville villes différence là ici et ou avec sans à au aux en pour
  sur par chez entre lundi mardi mercredi jeudi vendredi samedi dimanche moi toi

  el los las lo un una unos unas del al es son está están era será hace hará hay qué cuál cuáles que quién dónde cuándo cómo
  cuánto cuánta por favor dime dame muestra muéstrame compara comparar puedes necesito necesitaré llevar yo tú usted me te mi
  tu su nos ahora actualmente hoy mañana pasado ayer noche tarde día días semana fin próxima próximo próximos próximas más
  menos muy también no sí hola gracias adiós buenos buenas tiempo clima pronóstico temperatura temperaturas lluvia llueve
  llover lloverá nieve nieva nevar sol soleado nubes nublado viento ventoso niebla tormenta calor caluroso frío fría templado
  seco húmedo paraguas chaqueta grados fuera ciudad ciudades diferencia allí aquí y e o u con sin a de en para sobre entre
  lunes martes miércoles jueves viernes sábado domingo hacer tener va a
  monday tuesday wednesday thursday friday saturday sunday yourself
  `
    .trim()
    .split(/\s+/),
)

export const prepositions: ReadonlySet<string> = new Set(
  'in for at of near around about between from to à au aux en pour de für bei von nach zwischen para sobre entre sur'.split(
    ' ',
  ),
)

/** They stand between two places. */
export const connectors: ReadonlySet<string> = new Set(
  'and or vs versus with than und oder mit als et ou avec que y e o u con to nor'.split(' '),
)

/** They stand inside a name, as in “Rio de Janeiro”, “Frankfurt am Main”, “Port of Spain”. */
export const innerWords: ReadonlySet<string> = new Set(
  'de del la do da dos di du des am an der of the on upon las los le les el sur'.split(' '),
)

/** Names begin with them, as in “Los Angeles”, “La Rochelle”, “Ciudad de México”. */
export const firstWords: ReadonlySet<string> = new Set('la le les las los el the ciudad'.split(' '))

/** Names end with them, as in “Mexico City”. */
export const lastWords: ReadonlySet<string> = new Set(['city', 'town'])

/** Names only with a capital letter. */
export const ambiguousWords: ReadonlySet<string> = new Set(['nice', 'split', 'reading', 'bath', 'cork'])
