import { encodePart } from './token-issuer.ts'

/** Key ids that no issuer publishes, as JSON: some of them cannot be written in UTF-8, let alone in a URL. */
const oddKeyIds: Readonly<Record<string, string>> = {
  'a lone high surrogate': '"\\ud800"',
  'a lone low surrogate': '"key-\\udfff"',
  'surrogates in the wrong order': '"\\udc00\\ud800"',
  NUL: '"\\u0000"',
  'control characters': '"key\\u0001\\u001b[2J\\u007f"',
  'line breaks': '"key\\r\\nHost: evil.example"',
  'a percent sign': '"%"',
  'an escape cut short': '"%E0%A4%A"',
  'a space inside': '"key one"',
  'quotation marks': '"\\"key\\""',
  'a path': '"../../keys"',
  'a query': '"key?alg=RS256&kid=other"',
  'an address': '"https://evil.example/keys"',
  'an emoji': '"\\ud83d\\ude00"',
  'letters from right to left': '"\\u202eyek"',
  '129 letters': JSON.stringify('k'.repeat(129)),
  '3,000 letters': JSON.stringify('k'.repeat(3_000)),
  '3,000 lone surrogates': `"${'\\ud800'.repeat(1_000)}"`,
  'the empty text': '""',
  'a number': '7',
  'a number beyond all numbers': '1e999',
  'a list': '["key"]',
  'an object': '{"toString":"key"}',
  null: 'null',
}

/** For each description of a key id, an unsigned token that has this key id in its header and no claims. */
export const oddKeyTokens: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(oddKeyIds).map(([name, kid]) => [
    name,
    `${encodePart(`{"alg":"RS256","kid":${kid}}`)}.${encodePart({})}.`,
  ]),
)
