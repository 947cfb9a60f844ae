/** Text, or elements by name. */
export type XmlContent = string | { readonly [element: string]: XmlContent }

/** A document of STS's query protocol. */
export function xmlDocument(name: string, content: XmlContent): string {
  return `<${name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${toXml(content)}</${name}>\n`
}

function toXml(content: XmlContent): string {
  if (typeof content === 'string')
    return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return Object.entries(content)
    .map(([name, inner]) => `<${name}>${toXml(inner)}</${name}>`)
    .join('')
}
