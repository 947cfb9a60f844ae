import type { ToolResultBlock } from '../wire/converse-request.ts'

/** What results ask of the model that reads them: the rest of each line behind “Assistant:”, in texts and in JSON. */
export function ordersIn(results: readonly ToolResultBlock[]): readonly string[] {
  const texts = results.flatMap(({ content }) =>
    content.map(({ text, json }) => text ?? JSON.stringify(json)),
  )
  // A text within JSON ends with a quotation mark, and its lines with an escaped line feed.
  return texts.flatMap(text =>
    [...(text ?? '').matchAll(/(?:\b|\\n)Assistant: ([^"\\\n]+)/g)].map(([, order = '']) => order),
  )
}
