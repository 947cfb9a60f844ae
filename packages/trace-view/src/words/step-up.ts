/** The authentication contexts that a claims challenge (JSON text) asks for in the access token. */
export function wantedContexts(challenge: string | undefined): readonly string[] {
  if (challenge === undefined) return []
  try {
    const { acrs } = Object(Object(JSON.parse(challenge)).access_token)
    const { value, values } = Object(acrs)
    return [value, ...(Array.isArray(values) ? values : [])].filter(context => typeof context === 'string')
  } catch {
    return []
  }
}
