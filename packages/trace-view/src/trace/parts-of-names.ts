import { personalClaims, type TokenCard } from '@entra-agents/trace'
import { unspaced } from './folded-text.ts'
import { type Secret, segmenter } from './hide.ts'
import { actsAsOf } from './read-token.ts'
import { nameClaims, textsIn } from './secrets.ts'

/** The single words of users' names, and what stands before the @ of their addresses; nothing of agents' accounts. */
export function partsOfNames(cards: readonly TokenCard[]): Secret[] {
  const users = cards.filter(card => actsAsOf(card) !== 'agent-user')
  const claims = users.flatMap(card => Object.entries(card.claims ?? {}))
  const parts = claims.flatMap(([claim, value]) => {
    if (nameClaims.has(claim)) return textsIn(value).flatMap(text => wordsIn(text.normalize('NFC')))
    return personalClaims.has(claim) ? textsIn(value).flatMap(text => /^.{2,}(?=@)/.exec(text) ?? []) : []
  })
  return parts.map(value => ({ value, mask: '‹name hidden›', isWord: true }))
}

function wordsIn(name: string): string[] {
  const words = name.match(/[\p{L}\p{M}\p{N}]{2,}|[\p{L}\p{M}]/gu) ?? []
  const parted = words.filter(word => word.length > 1 || unspaced.test(word))
  // In 田中太郎 and 김민수 no space parts family name and given name.
  const inner = [...segmenter.segment(name)].flatMap(({ segment }) => (segment.length > 1 ? segment : []))
  const given = parted.flatMap(word => /(?<=^\p{sc=Hang})\p{sc=Hang}{2}$/u.exec(word) ?? [])
  const joined = unspaced.test(name) ? [parted.join(''), parted.toReversed().join('')] : []
  return [...parted, ...inner, ...given, ...joined].filter(word => /\p{L}/u.test(word))
}
