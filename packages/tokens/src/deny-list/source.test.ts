import { describe, expect, it } from 'vitest'
import { isDenyListLocation } from './source.ts'

describe('the location of a deny list', () => {
  it.each([
    '/etc/deny-list.json',
    'deny-list.json',
    'lists/https://lists.example/denied',
    'https://lists.example/denied',
    'HTTPS://lists.example/denied',
    'http://localhost:8080/denied',
    'http://127.0.0.1/denied',
  ])('may be %s', location => {
    expect(isDenyListLocation(location)).toBe(true)
  })

  it.each([
    'http://lists.example/denied',
    'http://localhost.example/denied',
    'ftp://localhost/denied',
    'file:///etc/deny-list.json',
    'https://',
    'git+ssh.x-1://lists.example',
  ])('may not be %s', location => {
    expect(isDenyListLocation(location)).toBe(false)
  })
})
