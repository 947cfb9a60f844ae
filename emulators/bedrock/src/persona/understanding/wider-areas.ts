const states = `Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii Idaho
Illinois Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri
Montana Nebraska Nevada Ohio Oklahoma Oregon Pennsylvania Tennessee Texas Utah Vermont Virginia Washington Wisconsin
Wyoming Ontario Quebec Alberta Manitoba Saskatchewan Bavaria Scotland England Wales Tasmania Queensland Victoria`
const twoWordStates =
  'New York,New Jersey,New Mexico,New Hampshire,North Carolina,South Carolina,North Dakota,South Dakota,West Virginia,Rhode Island,British Columbia,Nova Scotia,New South Wales'
const abbreviations =
  'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC D.C USA US UK UAE'

/** Countries in the model's languages, as the runtime's own locale data names them. */
function countryNames(): readonly string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const codes = letters.flatMap(first => letters.map(second => first + second))
  return ['en', 'de', 'fr', 'es'].flatMap(tag => {
    const names = new Intl.DisplayNames([tag], { type: 'region', fallback: 'none' })
    return codes.flatMap(code => names.of(code) ?? [])
  })
}

const areas: ReadonlySet<string> = new Set(
  [...states.split(/\s+/), ...twoWordStates.split(','), ...countryNames()].map(name => name.toLowerCase()),
)
const shortAreas: ReadonlySet<string> = new Set(abbreviations.split(' '))

/** Whether a name is that of a country or a state, and so rather says which city is meant than names one. */
export function isWiderArea(name: string): boolean {
  return shortAreas.has(name) || areas.has(name.toLowerCase())
}
