const headerPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request, SignedHeaders=([^,]+), Signature=\w+$/

/** The parts of an `Authorization: AWS4-HMAC-SHA256 …` header. */
export type SignatureV4Authorization = NonNullable<ReturnType<typeof readAuthorization>>

/** Parses an `Authorization` header; `undefined` if the header has another form. */
export function readAuthorization(header: string) {
  const [whole, accessKeyId = '', region = '', service = '', names = ''] = headerPattern.exec(header) ?? []
  return whole === undefined ? undefined : { accessKeyId, region, service, signedHeaders: names.split(';') }
}
