import { describe, expect, it } from 'vitest'
import { hostToShow, linkText } from './link-text.ts'
import type { Element, Node } from './nodes.ts'

const target = new URL('https://evil.example/?q=secret')

function hostOfLink(text: string, url = target): string | undefined {
  return hostToShow([text], url)
}

describe('a link’s host is shown if the link’s text', () => {
  it.each([
    ['is the address of another host', 'https://login.microsoftonline.com'],
    ['is the name of another host', 'login.microsoftonline.com'],
    ['has the name of another host in it', 'Sign in (at login.microsoftonline.com), please'],
    ['is an IP address', '10.0.0.1'],
    ['is written in full-width letters', 'ｌｏｇｉｎ．ｍｉｃｒｏｓｏｆｔ。com'],
    ['hides the name of another host with invisible characters', 'login.microsoft\u200bonline.c\u00adom'],
    ['has another host as the link’s user name', 'https://login.microsoftonline.com@evil.example/'],
    ['has the link’s host as another host’s user name', 'https://evil.example@login.microsoftonline.com/'],
    ['has another host after a slash', '/login.microsoftonline.com'],
    ['looks like the link’s host', 'evil.examp1e'],
    ['begins with the link’s host', 'evil.example.com'],
    ['is read from right to left', '\u202emoc.tfosorcim\u202c'],
    ['has direction controls in ordinary words', 'sign\u200f in'],
    ['is empty', ' '],
    ['consists of invisible characters', '\u200b'],
  ])('%s', (_what, text) => {
    expect(hostOfLink(text)).toBe('evil.example')
  })

  it('names another host across several pieces', () => {
    const pieces: Node[] = ['login.micro', { tag: 'em', children: [{ tag: 'code', children: ['soft.com'] }] }]
    expect(hostToShow(pieces, target)).toBe('evil.example')
  })

  it('names the host in look-alike letters', () => {
    expect(hostOfLink('еvil.example')).toBe('evil.example')
    expect(hostOfLink('bücher.example', new URL('https://bücher.example'))).toBe('xn--bcher-kva.example')
  })
})

describe('a link’s host is not shown if the link’s text', () => {
  it.each([
    ['is words', 'How to sign in'],
    ['is the link’s address', 'https://evil.example/?q=secret'],
    ['is another page of the same host', 'https://evil.example/index.html'],
    ['is the link’s host', 'EVIL.example'],
    ['contains the link’s host', 'see (evil.example), or evil.example:443.'],
    ['contains numbers', 'Version 1.2, 3.5 °C'],
    ['is in a language that is read from right to left', 'مرحبا بالعالم'],
  ])('%s', (_what, text) => {
    expect(hostOfLink(text)).toBeUndefined()
  })
})

it('the text of a link contains neither direction controls nor links', () => {
  const inner: Element = { tag: 'a', children: [{ tag: 'code', children: ['b\u2066'] }] }
  const lineBreak: Element = { tag: 'br', children: [] }
  expect(linkText(['\u202ea', lineBreak, { tag: 'em', children: [inner] }])).toEqual([
    'a',
    lineBreak,
    { tag: 'em', children: [{ tag: 'code', children: ['b'] }] },
  ])
})
