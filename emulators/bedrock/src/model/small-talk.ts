// biome-ignore format: table
const smallTalk: readonly (readonly [RegExp, string])[] = [
  [
    /who are you|what are you|are you (an? )?(real|human|bot|robot|ai|claude|model|emulat)|your name|(which|what) model/,
    'I am an emulated model: a small set of rules in the place of Claude on Amazon Bedrock, for local runs and tests. I can call tools and word what they return; I do not reason.',
  ],
  [/(see|know) (of|about) me|who am i/, 'I see the text of this conversation and what tools return, nothing else: no token, and nothing that says who you are.'],
  [
    /what can you do|how can you help|^help\b/,
    'I can ask for the weather in any city, now or for up to seven days, and compare cities. I call other tools when you name them. Try “Compare the weather in Oslo and Rome”.',
  ],
  [/^(ok |okay |great |many )?(thanks|thank you|thx)\b/, 'You are welcome!'],
  [/^(hi|hello|hey|good (morning|evening|afternoon|day))\b/, 'Hello! Ask me about the weather in any city, now or for the next days.'],
]

/** The answer to small talk; `undefined` for any other text. */
export function findSmallTalk(text: string): string | undefined {
  const plain = text.toLowerCase().trim()
  return smallTalk.find(([pattern]) => pattern.test(plain))?.[1]
}
