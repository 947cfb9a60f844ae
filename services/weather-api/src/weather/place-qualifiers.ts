import { normalizeName } from './place-names.ts'

/** Abbreviations of countries and states (ISO 3166-1, United States Postal Service). */
// biome-ignore format: table
const shortForms: Readonly<Record<string, string>> = {
  us: 'united states', usa: 'united states', uk: 'united kingdom', gb: 'united kingdom', uae: 'united arab emirates',
  al: 'alabama', ak: 'alaska', az: 'arizona', ar: 'arkansas', ca: 'california', co: 'colorado',
  ct: 'connecticut', de: 'delaware', dc: 'district of columbia', fl: 'florida', ga: 'georgia', hi: 'hawaii',
  id: 'idaho', il: 'illinois', in: 'indiana', ia: 'iowa', ks: 'kansas', ky: 'kentucky', la: 'louisiana',
  me: 'maine', md: 'maryland', ma: 'massachusetts', mi: 'michigan', mn: 'minnesota', ms: 'mississippi',
  mo: 'missouri', mt: 'montana', ne: 'nebraska', nv: 'nevada', nh: 'new hampshire', nj: 'new jersey',
  nm: 'new mexico', ny: 'new york', nc: 'north carolina', nd: 'north dakota', oh: 'ohio', ok: 'oklahoma',
  or: 'oregon', pa: 'pennsylvania', ri: 'rhode island', sc: 'south carolina', sd: 'south dakota',
  tn: 'tennessee', tx: 'texas', ut: 'utah', vt: 'vermont', va: 'virginia', wa: 'washington',
  wv: 'west virginia', wi: 'wisconsin', wy: 'wyoming',
}

/** Whether everything written after a city ("Texas", "TX", "USA") names its region or country. */
export function qualifiersFit(
  qualifiers: readonly string[],
  place: { readonly region?: string | undefined; readonly country: string; readonly countryCode?: string },
): boolean {
  const names = [place.region ?? '', place.country, place.countryCode ?? ''].map(normalizeName)
  return qualifiers.every(qualifier => {
    const wanted = normalizeName(qualifier)
    const longForm = shortForms[wanted.replaceAll(' ', '')]
    return names.some(name => name !== '' && (name === wanted || name === longForm))
  })
}
