/** The parts of an `Authorization: AWS4-HMAC-SHA256 …` header. */
export interface SignatureV4Authorization {
  readonly accessKeyId: string
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const algorithm = 'AWS4-HMAC-SHA256'

/** Parses the header, or returns AWS's text about what is wrong with it. */
export function readAuthorization(header: string): SignatureV4Authorization | string {
  if (!header.startsWith(algorithm)) return `Unsupported authorization type: '${header.split(' ', 1)[0]}'`
  const parts: Readonly<Record<string, string>> = Object.fromEntries(
    header
      .slice(algorithm.length)
      .split(',')
      .map(part => part.trim().split(/=(.*)/s, 2)),
  )
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter(name => !parts[name])
  if (missing.length > 0) {
    return `${missing.map(name => `Authorization header requires '${name}' parameter.`).join(' ')} Authorization=${algorithm}`
  }
  const { Credential = '', SignedHeaders = '', Signature: signature = '' } = parts
  const [accessKeyId, date, region, service, terminator, ...others] = Credential.split('/')
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request' || others.length > 0) {
    return "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ending in 'aws4_request'."
  }
  return { accessKeyId, date, region, service, signedHeaders: SignedHeaders.split(';'), signature }
}
