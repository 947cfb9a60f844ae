/** Messages of the maximum length in which the search for a place could take long. */
export const longMessages: Readonly<Record<string, string>> = {
  'one long word': 'a'.repeat(4_000),
  'many words': 'weather in '.repeat(360),
  'many times': 'tomorrow '.repeat(440),
  'many spaces': `weather${' '.repeat(3_900)}in Oslo`,
  'many dots': '.'.repeat(4_000),
  'many commas': `Oslo${','.repeat(3_900)}`,
  'many signs in front of a letter': `${'#'.repeat(3_990)}a`,
  'many short sentences that are nearly too long': `${'a,'.repeat(199)}a\n`.repeat(10),
  'many sentences': 'a? '.repeat(1_300),
}
