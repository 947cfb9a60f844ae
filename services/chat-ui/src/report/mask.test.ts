import { tenantId } from '@entra-agents/trace-view/testing/public-config'
import { step, userId } from '@entra-agents/trace-view/testing/trace'
import { describe, expect, it } from 'vitest'
import { exchange, problem, turnResult } from '../testing/converse.ts'
import { exportContext } from '../testing/export-context.ts'
import { exchangeOf, readExportedFile } from './read-file.ts'
import { toExportedFile } from './write-file.ts'

function exported(claims: Record<string, unknown>, answer: string, more = {}) {
  const token = { role: 'TR', observed: true, claims: { idtyp: 'user', oid: userId, ...claims } } as const
  const done = exchange('Who am I?', { state: 'done', answer, steps: [step('s', { token })], ...more })
  return toExportedFile([done], exportContext, false)
}

function maskedAnswer(claims: Record<string, unknown>, answer: string): string | undefined {
  return exported(claims, answer).turns[0]?.answer
}

const ada = { name: 'Ada Osei-Löwe', given_name: 'Ada', upn: 'ada.osei@contoso.example' }
const decomposed = (text: string) => text.normalize('NFD')

describe('an export without personal data', () => {
  it.each<[text: string, claims: Record<string, unknown>, secret: string]>([
    // Scripts without spaces between words
    ['我叫王伟，住在上海。', { name: '王伟' }, '王伟'],
    ['王伟大学毕业了。', { name: '王伟' }, '王伟'],
    ['你好，王先生。', { name: '王伟', family_name: '王' }, '王先'],
    ['小明，你好！', { name: '王小明' }, '小明'],
    ['王伟，你好！', { name: '伟 王', given_name: '伟', family_name: '王' }, '王'],
    ['𠮷野さん、こんにちは。', { name: '𠮷野 太郎' }, '𠮷野'],
    ['田中さんの注文です。', { name: '田中 太郎' }, '田中'],
    ['太郎の注文です。', { name: '田中 太郎' }, '太郎'],
    ['太郎の注文です。', { name: '田中太郎' }, '太郎'],
    ['田中太郎さんの注文です。', { name: '太郎 田中' }, '太郎'],
    ['マリアさんの注文です。', { name: 'マリア・ロペス' }, 'マリア'],
    ['Boさんの注文です。', { name: 'Bo Li' }, 'Bo'],
    ['สวัสดีสมชาย', { name: 'สมชาย ใจดี' }, 'สมชาย'],
    // Korean particles follow without a space
    ['민수는 서울에 있다.', { name: '김 민수' }, '민수'],
    ['민수 씨, 안녕하세요.', { name: '김민수' }, '민수'],
    ['김민수입니다.', { name: '민수 김', given_name: '민수', family_name: '김' }, '민수'],
    [decomposed('민수는 서울에 있다.'), { name: '김 민수' }, decomposed('민수')],
    // Vowel signs are marks
    ['नमस्ते प्रिया!', { name: 'प्रिया शर्मा' }, 'प्रिया'],
    ['श्रीमती शर्मा, नमस्ते।', { name: 'प्रिया शर्मा' }, 'शर्मा'],
    // Short names
    ['Hello Bo, all is well.', { name: 'Bo Li' }, 'Bo'],
    ['Ask LI about it.', { name: 'Bo Li' }, 'LI'],
    ['Hello bo  li.', { name: 'Bo Li' }, 'bo'],
    ['Mr O, your order.', { name: 'Kim', family_name: 'O' }, 'O,'],
    // Accents, and other ways to write a letter
    ['Hello José.', { name: decomposed('José Müller') }, 'José'],
    [decomposed('Hello José.'), { name: 'José Müller' }, decomposed('José')],
    [decomposed('Hello Müller.'), { name: 'José Müller' }, decomposed('Müller')],
    ['Hello Müller.', { name: decomposed('José Müller') }, 'Müller'],
    ['Hello Jose Muller.', { name: 'José Müller' }, 'Muller'],
    ['Việt', { name: 'Nguyễn Việt' }, 'Vi'],
    ['Vi\u00ea\u0323t', { name: 'Nguyễn Việt' }, 'Vi'],
    ['Herr STRASSE war da.', { name: 'Uwe Straße' }, 'STRASSE'],
    ['Herr Straße war da.', { name: 'UWE STRASSE' }, 'Straße'],
    ['Sayın YILMAZ', { name: 'İrem Yılmaz' }, 'YILMAZ'],
    ['Sayın yılmaz', { name: 'İREM YILMAZ' }, 'yılmaz'],
    ['irem burada', { name: 'İREM YILMAZ' }, 'irem'],
    ['Ο ΓΙΩΡΓΟΣ', { name: 'Γιώργος Παπαδόπουλος' }, 'ΓΙΩΡΓΟΣ'],
    ['Привет, ФЁДОР.', { name: 'Фёдор Иванов' }, 'ФЁДОР'],
    ['Ａｄａ Osei', ada, 'Ａｄａ'],
    // Whole names with an ending
    ['Ada Oseis Bestellung', { name: 'Ada Osei' }, 'Osei'],
    // Names in other texts
    ['{"text":"Hello\\nAda"}', ada, 'Ada'],
    ['{"text":"L\\u00f6we"}', ada, '00f6'],
    ['{"text":"\\ud842\\udfb7\\u91ce"}', { name: '𠮷野 太郎' }, '91ce'],
    ['?for=jose%CC%81+M%C3%BCLLER&x', { name: 'José Müller' }, 'LLER'],
    // Addresses and ids
    ['Your account is ada.osei.', ada, 'ada.osei'],
    ['Your account is bo.', { name: 'Li', email: 'bo@contoso.example' }, 'bo'],
    ['You are CORP\\ted.', { unique_name: 'CORP\\ted' }, 'ted'],
    ['{"you":"CORP\\\\ted"}', { unique_name: 'CORP\\ted' }, 'ted'],
    [`You are ${userId.replaceAll('-', '')}.`, {}, userId.replaceAll('-', '')],
    [`x${userId.replaceAll('-', '').toUpperCase()}x`, {}, userId.replaceAll('-', '').toUpperCase()],
    [`In ${tenantId.replaceAll('-', '')}.`, { tid: tenantId }, tenantId.replaceAll('-', '')],
  ])('masks in %j what the claims %j say', (text, claims, secret) => {
    expect(text).toContain(secret)
    expect(maskedAnswer(claims, text)).not.toContain(secret)
    expect(maskedAnswer(claims, text)).toContain(' hidden›')
  })

  it.each<[text: string, claims: Record<string, unknown>]>([
    ['Boston has a list of books about limits.', { name: 'Bo Li' }],
    ['The market in Denmark is remarkable.', { name: 'Mark Denn', given_name: 'Mark' }],
    ['Susanna plans a planet.', { given_name: 'Anna', family_name: 'Lane', unique_name: 'susan' }],
    ['Adam and Canada are not you.', ada],
    ['It was a long day at the O’Hare airport.', { name: 'J Q Public' }],
    ['The perfume is in his prison, with a mason and a song.', { name: 'Per Son', family_name: 'So' }],
    ['Café au lait, résumé, naïve. Or not.', { name: 'Jo Cafetero', family_name: '.' }],
    ['Strassenbahn und Straßen', { name: 'Uwe Straße' }],
    ['国王和王子住在王国。', { family_name: '王', given_name: '伟' }],
    ['伟大的城市', { family_name: '王', given_name: '伟' }],
    ['桃太郎の話', { name: '田中 太郎' }],
    ['김치와 국민수준', { name: '김민수', family_name: '김' }],
    ['शर्माना मत', { name: 'प्रिया शर्मा' }],
    ['It is 42 °C in 2 cities.', { name: 'User 42' }],
    ['US and GB', { ctry: 'US' }],
    ['100 % of 5 \\ 3, 50%zz, %C3 and \\u12 stay.', ada],
  ])('leaves %j readable for %j', (text, claims) => {
    expect(maskedAnswer(claims, text)).toBe(text)
  })

  it('leaves no accent of a masked name behind', () => {
    expect(maskedAnswer({ name: 'José' }, decomposed('José, hello'))).toBe('‹name hidden›, hello')
  })

  it('can be read back, and keeps what is no text for people, whatever the user is called', () => {
    const call = { name: 'get_name', arguments: { status: 'denied', note: null }, status: 'denied' } as const
    const words = { type: 'about:blank', detail: 'For Null.', hint: 'Status' }
    const notice = { ...problem('DENIED'), ...words, status: 403 }
    const decided = [{ title: 'Name', sentence: [{ value: 'Denied' }], stepId: 's', decision: 'deny' }]
    const { data: result } = turnResult({ tools: [call], notices: [notice] })
    for (const given_name of [
      'Name',
      'Title',
      'Denied',
      'Status',
      'Null',
      'Method',
      'Code',
      'Body',
      'Deny',
    ]) {
      const more = { result, notices: [notice], decided }
      const file = exported({ given_name, name: `${given_name} Get` }, '', more)
      const [turn] = readExportedFile(JSON.stringify(file)).turns
      expect(turn?.notices[0]).toMatchObject({ status: 403, code: 'DENIED' })
      expect(turn && exchangeOf(turn).result?.tools[0]).toMatchObject({ name: 'get_name', status: 'denied' })
      expect(turn && exchangeOf(turn).decided).toMatchObject([{ decision: 'deny', stepId: 's' }])
    }
    expect(JSON.stringify(exported({ given_name: 'Denied' }, '', { result }))).toContain(
      '"arguments":{"status":"‹given_name hidden›","note":null}',
    )
  })
})
