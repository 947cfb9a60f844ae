interface PostOptions {
  /** The token of the user on whose behalf the document is posted. */
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | null
}

/** Posts a document, as pages and scripts do. */
export function postJson(
  url: string,
  body: object,
  { token, headers, signal = null }: PostOptions = {},
): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    body: JSON.stringify(body),
    signal,
  })
}
