import { bothScales, details, type Language } from './language.ts'

const tag = 'es-ES'
const parts = { early: 'principios', mid: 'mediados', late: 'finales' } as const

export const spanish: Language = {
  tag,
  greeting: '¡Hola! Pregúntame por el tiempo en una ciudad, ahora o en los próximos días.',
  thanks: '¡De nada!',
  farewell: '¡Adiós!',
  identity:
    'Soy un modelo emulado: unas pocas reglas que sustituyen a Claude en Amazon Bedrock para pruebas locales. Puedo pedir el tiempo y poner en palabras lo que responde la herramienta; no razono.',
  capabilities:
    'Puedo consultar el tiempo actual y un pronóstico de hasta siete días, y comparar ciudades. Por ejemplo: «Compara el tiempo en Oslo y Roma».',
  wellbeing: 'Todas las reglas funcionan, gracias. ¿De qué ciudad quieres saber el tiempo?',
  declines:
    'Solo puedo ayudar con el tiempo. Pregúntame por una ciudad, por ejemplo: «¿Lloverá mañana en Lisboa?»',
  asksForCity: '¿A qué ciudad te refieres?',
  hasNoTool: 'En esta conversación no tengo una herramienta para consultar el tiempo.',
  hasNoForecast: 'En esta conversación no tengo una herramienta de pronóstico.',
  announcesWeather: places => `Miro el tiempo actual en ${places}.`,
  announcesForecast: places => `Miro el pronóstico para ${places}.`,
  and: 'y',
  apology: sentence => `Lo siento, no lo he podido averiguar: ${sentence}`,
  report: (report, place) =>
    `${place}: ${bothScales(report.celsius, report.fahrenheit, tag)}, ${report.condition}${details(report, 'humedad', 'viento')}.`,
  day: (day, name) =>
    `${name}: de ${bothScales(day.lowCelsius, day.lowFahrenheit, tag)} a ${bothScales(day.highCelsius, day.highFahrenheit, tag)}, ${day.condition}.`,
  forecastOf: place => `Pronóstico para ${place}:`,
  warmer: (warm, cold, difference) => `En ${warm} hace ${difference} más que en ${cold}.`,
  equallyWarm: places => `En ${places} hace el mismo calor.`,
  umbrella: places => `Lleva paraguas en ${places}.`,
  noUmbrella: places => `En ${places} no necesitas paraguas.`,
  today: 'Hoy',
  tomorrow: 'Mañana',
  averages: 'Son promedios de muchos años, no una medición.',
  source: name => `Fuente: ${name}.`,
  conditions: {
    'clear sky': 'cielo despejado',
    'mainly clear': 'mayormente despejado',
    'partly cloudy': 'parcialmente nublado',
    overcast: 'cubierto',
    fog: 'niebla',
    'light drizzle': 'llovizna ligera',
    drizzle: 'llovizna',
    'light rain': 'lluvia ligera',
    rain: 'lluvia',
    'heavy rain': 'lluvia fuerte',
    'light snow': 'nieve ligera',
    snow: 'nieve',
    'heavy snow': 'nieve intensa',
    'light rain showers': 'chubascos ligeros',
    'rain showers': 'chubascos',
    thunderstorm: 'tormenta',
    'bitterly cold': 'un frío glacial',
    freezing: 'heladas',
    cold: 'frío',
    cool: 'fresco',
    mild: 'templado',
    warm: 'cálido',
    hot: 'calor',
    'very hot': 'mucho calor',
  },
  usually: (word, part, month) =>
    `a ${parts[part]} de ${month} suele hacer ${word} (promedio de muchos años)`,
}
