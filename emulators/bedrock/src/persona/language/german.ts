import { bothScales, details, type Language } from './language.ts'

const tag = 'de-DE'
const parts = { early: 'Anfang', mid: 'Mitte', late: 'Ende' } as const

export const german: Language = {
  tag,
  greeting: 'Hallo! Frag mich nach dem Wetter in einer Stadt, jetzt oder für die nächsten Tage.',
  thanks: 'Gern geschehen!',
  farewell: 'Auf Wiedersehen!',
  identity:
    'Ich bin ein emuliertes Modell: ein paar Regeln, die für lokale Läufe und Tests an die Stelle von Claude auf Amazon Bedrock treten. Ich kann nach dem Wetter fragen und die Antwort des Werkzeugs in Worte fassen; nachdenken kann ich nicht.',
  capabilities:
    'Ich kann das aktuelle Wetter und eine Vorhersage für bis zu sieben Tage nachsehen und Städte vergleichen. Zum Beispiel: „Vergleiche das Wetter in Oslo und Rom“.',
  wellbeing: 'Alle Regeln funktionieren, danke. Das Wetter welcher Stadt möchtest du wissen?',
  declines:
    'Ich kann nur beim Wetter helfen. Frag mich nach einer Stadt, zum Beispiel: „Regnet es morgen in Lissabon?“',
  asksForCity: 'Welche Stadt meinst du?',
  hasNoTool: 'Ich habe in diesem Gespräch kein Wetterwerkzeug und kann das nicht nachsehen.',
  hasNoForecast: 'Ich habe in diesem Gespräch kein Werkzeug für Vorhersagen.',
  announcesWeather: places => `Ich sehe nach dem aktuellen Wetter in ${places}.`,
  announcesForecast: places => `Ich sehe nach der Vorhersage für ${places}.`,
  and: 'und',
  apology: sentence => `Es tut mir leid, das konnte ich nicht herausfinden: ${sentence}`,
  report: (report, place) =>
    `${place}: ${bothScales(report.celsius, report.fahrenheit, tag)}, ${report.condition}${details(report, 'Luftfeuchtigkeit', 'Wind')}.`,
  day: (day, name) =>
    `${name}: ${bothScales(day.lowCelsius, day.lowFahrenheit, tag)} bis ${bothScales(day.highCelsius, day.highFahrenheit, tag)}, ${day.condition}.`,
  forecastOf: place => `Vorhersage für ${place}:`,
  warmer: (warm, cold, difference) => `In ${warm} ist es ${difference} wärmer als in ${cold}.`,
  equallyWarm: places => `In ${places} ist es gleich warm.`,
  umbrella: places => `Nimm in ${places} einen Regenschirm mit.`,
  noUmbrella: places => `In ${places} brauchst du keinen Regenschirm.`,
  today: 'Heute',
  tomorrow: 'Morgen',
  averages: 'Das sind langjährige Mittelwerte, keine Messung.',
  source: name => `Quelle: ${name}.`,
  conditions: {
    'clear sky': 'klarer Himmel',
    'mainly clear': 'überwiegend klar',
    'partly cloudy': 'teils bewölkt',
    overcast: 'bedeckt',
    fog: 'Nebel',
    'light drizzle': 'leichter Nieselregen',
    drizzle: 'Nieselregen',
    'light rain': 'leichter Regen',
    rain: 'Regen',
    'heavy rain': 'starker Regen',
    'light snow': 'leichter Schneefall',
    snow: 'Schneefall',
    'heavy snow': 'starker Schneefall',
    'light rain showers': 'leichte Regenschauer',
    'rain showers': 'Regenschauer',
    thunderstorm: 'Gewitter',
    'bitterly cold': 'bitterkalt',
    freezing: 'frostig',
    cold: 'kalt',
    cool: 'kühl',
    mild: 'mild',
    warm: 'warm',
    hot: 'heiß',
    'very hot': 'sehr heiß',
  },
  usually: (word, part, month) => `${parts[part]} ${month} üblicherweise ${word} (langjähriges Mittel)`,
}
