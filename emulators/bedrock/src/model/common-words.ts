/** Words that are never names, even with a capital letter. */
export const commonWords: ReadonlySet<string> = new Set(
  `
  a an the this that these those it its it's is are was be been will would should shall can could do does did has have had
  how what what's which who whom whose where when why there here like me my i i'm i'll i'd you your we us our he she his her
  they them their please tell show give check compare find get list look fetch search use call know want need needed make let
  say help explain describe write sing recommend suggest report update question answer about and or nor but so if because as
  than then with without of to from at on in for by near around between versus vs not no yes ok okay too also just very really
  much many some any more less both each every all same other another hi hello hey thanks thank bye goodbye good great cheers
  right now currently today tonight tomorrow yesterday morning evening afternoon night day days week weeks weekend month year
  next coming later soon few one two three four five six seven time world going go yourself
  monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october
  november december weather forecast forecasts temperature temperatures temp rain raining rainy snow snowing snowy sun sunny
  cloud clouds cloudy wind windy fog foggy storm stormy humid humidity hot hotter hottest cold colder coldest warm warmer
  warmest cool cooler mild dry wet umbrella raincoat jacket coat degrees celsius fahrenheit climate outside conditions
  difference
  `
    .trim()
    .split(/\s+/),
)
