import { expect, it } from 'vitest'
import { isDenyListLocation } from './source.ts'

it.each([
  ['/etc/deny-list.json', true],
  ['deny-list.json', true],
  ['lists/https://lists.example/denied', true],
  ['https://lists.example/denied', true],
  ['HTTPS://lists.example/denied', true],
  ['http://localhost:8080/denied', true],
  ['http://lists.example/denied', false],
  ['http://localhost.example/denied', false],
  ['ftp://localhost/denied', false],
  ['file:///etc/deny-list.json', false],
  ['https://', false],
  ['git+ssh.x-1://lists.example', false],
])('Whether a deny list may be read from %s: %s', (location, isAllowed) => {
  expect(isDenyListLocation(location)).toBe(isAllowed)
})
