const openingTag = '<script type="application/json" id="identity-trace">'
const closingTag = '</script>'

/** The data of a report, in the report's only element that is not for people. No data can end the element or begin another one. */
export function writeDataBlock(data: unknown): string {
  return `${openingTag}${JSON.stringify(data).replaceAll('<', '\\u003c')}${closingTag}`
}

/** The content of a report's data block, which is found without parsing the HTML; `undefined` if there is no block. */
export function findDataBlock(html: string): string | undefined {
  const start = html.lastIndexOf(openingTag)
  const end = start < 0 ? -1 : html.indexOf(closingTag, start)
  return end < 0 ? undefined : html.slice(start + openingTag.length, end)
}
