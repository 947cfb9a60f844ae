import { encodePart } from './token-issuer.ts'

/** Key ids that no issuer publishes, as JSON: some of them cannot be written in UTF-8, let alone in a URL. */
const oddKeyIds: Readonly<Record<string, string>> = {
  'a lone high surrogate': '"\\ud800"',
  NUL: '"\\u0000"',
  'control characters': '"key\\u0001\\u001b[2J\\u007f"',
  'line breaks': '"key\\r\\nHost: evil.example"',
  'a percent sign': '"%"',
  'a space inside': '"key one"',
  'a path': '"../../keys"',
  'an address': '"https://evil.example/keys"',
  '129 letters': JSON.stringify('k'.repeat(129)),
  'a number': '7',
  'a number beyond all numbers': '1e999',
  'a list': '["key"]',
  'an object': '{"toString":"key"}',
  null: 'null',
}

/** By a description of its key id, an unsigned token that has this key id in its header and no claims. */
export const oddKeyTokens: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(oddKeyIds).map(([name, kid]) => [
    `key named by ${name}`,
    `${encodePart(`{"alg":"RS256","kid":${kid}}`)}.${encodePart({})}.`,
  ]),
)
