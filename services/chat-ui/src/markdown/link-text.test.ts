import { expect, it } from 'vitest'
import { hostToShow } from './link-text.ts'

const target = new URL('https://evil.example/?q=secret')

// biome-ignore format: table
it.each<[text: string, what: string, host: string | undefined]>([
  ['https://login.microsoftonline.com', 'the address of another host', target.host],
  ['login.microsoftonline.com', 'the name of another host', target.host],
  ['Sign in (at login.microsoftonline.com), please', 'words with the name of another host', target.host],
  ['10.0.0.1', 'an IP address', target.host],
  ['ｌｏｇｉｎ．ｍｉｃｒｏｓｏｆｔ。com', 'full-width letters', target.host],
  ['login.microsoft\u200bonline.c\u00adom', 'another host with invisible characters', target.host],
  ['https://login.microsoftonline.com@evil.example/', 'another host as the link’s user name', target.host],
  ['https://evil.example@login.microsoftonline.com/', 'the link’s host as another host’s user name', target.host],
  ['/login.microsoftonline.com', 'another host after a slash', target.host],
  ['evil.examp1e', 'what looks like the link’s host', target.host],
  ['еvil.example', 'the link’s host in look-alike letters', target.host],
  ['evil.example.com', 'what begins with the link’s host', target.host],
  ['\u202emoc.tfosorcim\u202c', 'what is read from right to left', target.host],
  [' ', 'nothing', target.host],
  ['\u200b', 'invisible characters', target.host],
  ['How to sign in', 'words', undefined],
  ['https://evil.example/?q=secret', 'the link’s address', undefined],
  ['https://evil.example/index.html', 'another page of the same host', undefined],
  ['EVIL.example', 'the link’s host', undefined],
  ['see (evil.example), or evil.example:443.', 'words with the link’s host', undefined],
  ['Version 1.2, 3.5 °C', 'numbers', undefined],
  ['مرحبا بالعالم', 'a language that is read from right to left', undefined],
])('a link with the text %j (%s) shows its host: %s', (text, _what, host) => {
  expect(hostToShow(text, target)).toBe(host)
})

it('a link to a host with other letters shows them as they are in the address', () => {
  expect(hostToShow('bücher.example', new URL('https://bücher.example'))).toBe('xn--bcher-kva.example')
})
