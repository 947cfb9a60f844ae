/** Text, or elements by name. */
export type XmlContent = string | { readonly [element: string]: XmlContent }

/** The response to an action of STS's query protocol. */
export function actionResponse(action: string, result: XmlContent, requestId: string): string {
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } }
  return xmlDocument(`${action}Response`, content)
}

/** An error response of STS's query protocol. */
export function errorResponse(code: string, message: string, requestId: string): string {
  const content = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: requestId }
  return xmlDocument('ErrorResponse', content)
}

function xmlDocument(name: string, content: XmlContent): string {
  return `<${name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${toXml(content)}</${name}>\n`
}

function toXml(content: XmlContent): string {
  if (typeof content === 'string')
    return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return Object.entries(content)
    .map(([name, inner]) => `<${name}>${toXml(inner)}</${name}>`)
    .join('')
}
