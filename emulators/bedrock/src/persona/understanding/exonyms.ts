/** Big cities whose names differ between languages: English name, then the others. */
const table = `
Athens: Athen, Athènes, Atenas
Barcelona: Barcelone
Basel: Bâle, Basilea
Beijing: Peking, Pékin, Pekín
Belgrade: Belgrad, Belgrado
Berlin: Berlín
Bern: Berne, Berna
Brussels: Brüssel, Bruxelles, Bruselas
Bucharest: Bukarest, Bucarest
Cairo: Kairo, Le Caire, El Cairo
Cape Town: Kapstadt, Le Cap, Ciudad del Cabo
Cologne: Köln, Colonia
Copenhagen: Kopenhagen, Copenhague, København
Dublin: Dublín
Edinburgh: Édimbourg, Edimburgo
Florence: Florenz, Firenze, Florencia
Frankfurt: Francfort, Fráncfort
Geneva: Genf, Genève, Ginebra
Genoa: Genua, Gênes, Génova
Hamburg: Hambourg, Hamburgo
Havana: Havanna, La Havane, La Habana
Istanbul: Estambul
Krakow: Krakau, Cracovie, Cracovia
Lisbon: Lissabon, Lisbonne, Lisboa
London: Londres
Marrakesh: Marrakesch, Marrakech
Mexico City: Mexiko-Stadt, Mexico, Ciudad de México
Milan: Mailand, Milano, Milán
Montreal: Montréal
Moscow: Moskau, Moscou, Moscú
Munich: München, Múnich
Naples: Neapel, Nápoles, Napoli
New York: Nueva York
Nice: Nizza, Niza
Nuremberg: Nürnberg, Núremberg
Paris: París
Prague: Prag, Praga
Rome: Rom, Roma
Seville: Sevilla, Séville
Seoul: Séoul, Seúl
Singapore: Singapur, Singapour
Stockholm: Estocolmo
Strasbourg: Straßburg, Estrasburgo
Tokyo: Tokio
Turin: Torino, Turín
Venice: Venedig, Venise, Venecia
Vienna: Wien, Vienne, Viena
Warsaw: Warschau, Varsovie, Varsovia
Zurich: Zürich, Zúrich
`

const english: ReadonlyMap<string, string> = new Map(
  table
    .trim()
    .split('\n')
    .flatMap(line => {
      const [name = '', others = ''] = line.split(': ')
      return others.split(', ').map(other => [other.toLowerCase(), name] as const)
    }),
)

/** The English name of a city; any other name stays as it is. */
export function toEnglish(place: string): string {
  return english.get(place.toLowerCase()) ?? place
}
