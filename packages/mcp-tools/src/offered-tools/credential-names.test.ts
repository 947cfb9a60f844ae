import { describe, expect, it } from 'vitest'
import { namesCredential } from './credential-names.ts'

describe('The name of an argument', () => {
  it.each(
    // biome-ignore format: table
    [
      ...['token', 'tokens', 'accessToken', 'id_token', 'apiToken', 'githubToken', 'jwtToken', 'x-csrf-token'],
      ...['accesstoken', 'authtoken', 'session_token_count', 'tokenValue'],
      ...['Authorization', 'authHeader', 'auth', 'basicAuth', 'bearer', 'clientAssertion'],
      ...['client-secret', 'clientSecret', 'API_KEY', 'APIKey', 'apikey', 'x_api_keys', 'privateKey', 'accessKeyId'],
      ...['password', 'password2', 'newPassword', 'user_credentials_json', 'otp', 'pat', 'github.pat'],
      ...['sessionCookie', 'cookies', 'sessionId', 'sessionid', 'sasUrl', 'connectionString', 'JWT'],
    ],
  )('“%s” asks for a credential', name => {
    expect(namesCredential(name)).toBe(true)
  })

  it.each(
    // biome-ignore format: table
    [
      ...['author', 'authors', 'authority', 'authorName', 'path', 'filePath', 'pattern', 'patient', 'patch'],
      ...['compatible', 'passport', 'passengers', 'compass', 'secretary', 'keyword', 'key', 'sort_key', 'publicKey'],
      ...['tokenCount', 'page_token', 'nextToken', 'continuationToken', 'max_tokens', 'inputTokens', 'tokenizer'],
      ...['tokenAddress', 'session', 'sessionName', 'conversation_id', 'connection', 'string', 'header', 'url'],
      ...['credit', 'otpor', 'sash', 'barber', 'id', 'authenticated', 'cooking', 'city', 'days'],
    ],
  )('“%s” asks for no credential', name => {
    expect(namesCredential(name)).toBe(false)
  })
})
