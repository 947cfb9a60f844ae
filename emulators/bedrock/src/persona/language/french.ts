import { bothScales, details, type Language } from './language.ts'

const tag = 'fr-FR'
const parts = { early: 'début', mid: 'mi-', late: 'fin' } as const

export const french: Language = {
  tag,
  greeting: 'Bonjour ! Demandez-moi la météo d’une ville, maintenant ou pour les prochains jours.',
  thanks: 'Avec plaisir !',
  farewell: 'Au revoir !',
  identity:
    'Je suis un modèle émulé : quelques règles qui remplacent Claude sur Amazon Bedrock pour les essais locaux. Je peux demander la météo et mettre en mots la réponse de l’outil ; je ne raisonne pas.',
  capabilities:
    'Je peux consulter la météo actuelle et des prévisions sur sept jours au plus, et comparer des villes. Par exemple : « Compare la météo à Oslo et à Rome ».',
  wellbeing: 'Toutes les règles fonctionnent, merci. De quelle ville voulez-vous connaître la météo ?',
  declines:
    'Je ne peux aider que pour la météo. Demandez-moi une ville, par exemple : « Va-t-il pleuvoir demain à Lisbonne ? »',
  asksForCity: 'De quelle ville parlez-vous ?',
  hasNoTool: 'Je n’ai pas d’outil météo dans cette conversation et ne peux pas vérifier.',
  hasNoForecast: 'Je n’ai pas d’outil de prévision dans cette conversation.',
  announcesWeather: places => `Je regarde la météo actuelle : ${places}.`,
  announcesForecast: places => `Je regarde les prévisions : ${places}.`,
  and: 'et',
  apology: sentence => `Désolé, je n’ai pas pu l’obtenir : ${sentence}`,
  report: (report, place) =>
    `${place} : ${bothScales(report.celsius, report.fahrenheit, tag)}, ${report.condition}${details(report, 'humidité', 'vent')}.`,
  day: (day, name) =>
    `${name} : de ${bothScales(day.lowCelsius, day.lowFahrenheit, tag)} à ${bothScales(day.highCelsius, day.highFahrenheit, tag)}, ${day.condition}.`,
  forecastOf: place => `Prévisions pour ${place} :`,
  warmer: (warm, cold, difference) => `Il fait ${difference} de plus à ${warm} qu’à ${cold}.`,
  equallyWarm: places => `Il fait aussi chaud à ${places}.`,
  umbrella: places => `Prenez un parapluie : ${places}.`,
  noUmbrella: places => `Pas besoin de parapluie : ${places}.`,
  today: 'Aujourd’hui',
  tomorrow: 'Demain',
  averages: 'Ce sont des moyennes de longue durée, pas une mesure.',
  source: name => `Source : ${name}.`,
  conditions: {
    'clear sky': 'ciel dégagé',
    'mainly clear': 'plutôt dégagé',
    'partly cloudy': 'partiellement nuageux',
    overcast: 'couvert',
    fog: 'brouillard',
    'light drizzle': 'bruine légère',
    drizzle: 'bruine',
    'light rain': 'pluie légère',
    rain: 'pluie',
    'heavy rain': 'forte pluie',
    'light snow': 'neige légère',
    snow: 'neige',
    'heavy snow': 'forte neige',
    'light rain showers': 'averses légères',
    'rain showers': 'averses',
    thunderstorm: 'orage',
    'bitterly cold': 'un froid glacial',
    freezing: 'du gel',
    cold: 'froid',
    cool: 'frais',
    mild: 'doux',
    warm: 'assez chaud',
    hot: 'chaud',
    'very hot': 'très chaud',
  },
  usually: (word, part, month) =>
    `d’ordinaire ${word} ${parts[part]}${part === 'mid' ? '' : ' '}${month} (moyenne de longue durée)`,
}
