import type { TokenCard } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { agentId, apiId, blueprintId, pageId, publicConfig } from '../testing/public-config.ts'
import { accountToken, agentToken, ownToken, userToken } from '../testing/trace.ts'
import { describeNames, shortenIds } from '../words/names.ts'
import { groupClaims, groupTitles, viewClaims } from './claims.ts'
import { type ClaimInWords, compareTokens, tellMainDifference } from './comparison.ts'
import { actsAsOf } from './read-token.ts'
import { tellToken } from './story.ts'

const names = describeNames(publicConfig)
const card = (claims: TokenCard['claims'], more: Partial<TokenCard> = {}): TokenCard => ({
  role: 'TR',
  observed: true,
  ...(claims && { claims }),
  ...more,
})

const tokens: Readonly<Record<string, TokenCard>> = {
  'TR on behalf of a user': agentToken,
  'TR of the agent itself': card({ ...ownToken.claims, iss: 'https://entra/' }),
  'TR of the agent’s user account, which no claim distinguishes': accountToken,
  'TR of an agent’s user account, by its facet': card({ scp: 'Orders.Read', xms_sub_fct: '1 13' }),
  'TR of a user, by facets that no agent has': card({ azp: agentId, scp: 'Orders.Read', xms_sub_fct: '2 3' }),
  'TR without claims': card(undefined),
  Tc: card({ azp: pageId, aud: blueprintId, sid: 'x' }, { role: 'Tc' }),
  T2: card(undefined, { role: 'T2' }),
  'facets, times and lists': card({
    iat: 1_795_572_000,
    xms_tcdt: 1_600_000_000,
    roles: ['A', 'B'],
    xms_act_fct: '9 3 11',
    xms_tnt_fct: '3 8',
    xms_idrel: '1 22',
    azpacr: '2',
    xms_rd: '11',
    acrs: ['c1'],
  }),
  'claims that no token should have': card({
    exp: -1e308,
    iat: 1e308,
    nbf: '1',
    xms_tcdt: null,
    never_seen: { a: 1 },
    constructor: 'x',
    toString: 'y',
  }),
}

function describeToken(token: TokenCard, known = names): string {
  const groups = groupClaims(viewClaims(token, known)).flatMap(({ group, claims }) => [
    `${groupTitles[group]}:`,
    ...claims.map(({ name, text, standsFor, time, meaning }) =>
      [`  ${name} = ${shortenIds(text)}`, standsFor, time?.toISOString(), meaning]
        .filter(Boolean)
        .join(' | '),
    ),
  ])
  return [`${actsAsOf(token)}: ${tellToken(token, known)}`, ...groups].join('\n')
}

it('the card of a token says who acts for whom, and explains its claims', async () => {
  const blocks = Object.entries(tokens).map(([name, token]) => `# ${name}\n${describeToken(token)}\n`)
  await expect(blocks.join('\n')).toMatchFileSnapshot('tokens.txt')
})

it('the card of a token in an opened file never calls its reader “you”', () => {
  const known = describeNames(publicConfig, false)
  const shown = [userToken, agentToken].flatMap(token => [
    tellToken(token, known),
    ...viewClaims(token, known).map(({ standsFor }) => standsFor),
  ])
  expect(shown.join()).not.toMatch(/\byou(r|rs)?\b/i)
})

const change = (token: TokenCard, claims: object) => ({ ...token, claims: { ...token.claims, ...claims } })
const trainee = change(ownToken, { azp: 'trainee', oid: 'trainee', roles: undefined })
const pairs: Readonly<Record<string, readonly [TokenCard, TokenCard]>> = {
  'Tc and TR': [userToken, agentToken],
  'TR on behalf of a user and TR of the agent itself': [agentToken, ownToken],
  'TR of the agent itself and TR on behalf of a user': [ownToken, agentToken],
  'Tc and TR of the agent itself': [userToken, ownToken],
  'Tc and a TR of the agent that pretends to be the user': [
    userToken,
    change(ownToken, { oid: userToken.claims?.['oid'] }),
  ],
  'TR of two agents': [trainee, ownToken],
  'tokens of one sign-in': [change(userToken, { sid: 'x' }), change(agentToken, { sid: 'x' })],
  'tokens of a stronger sign-in, one of which names its session': [
    change(userToken, { acrs: ['c1'] }),
    change(agentToken, { acrs: ['c1'], sid: 'x' }),
  ],
  'TR before and after a second factor': [
    change(agentToken, { iat: 1_795_572_000, aio: 'x' }),
    change(agentToken, { iat: 1_795_572_023, aio: 'y', acrs: ['c1'] }),
  ],
  'TR before and after a refusal, with the same right': [
    change(ownToken, { iat: 1_795_572_000, uti: 'x' }),
    change(ownToken, { iat: 1_795_572_023, uti: 'y' }),
  ],
  'a token and none': [ownToken, { role: 'TR', observed: false }],
  'hostile values': [
    change(userToken, { aud: `https://a.example/${'b'.repeat(500)}`, oid: '\u202Eabc', sub: { a: [1] } }),
    change(agentToken, { aud: 7, oid: null, scp: ['<b>', '\u202E'], azpacr: 'x'.repeat(2_000) }),
  ],
  'a claim with the name of a built-in property': [userToken, card({ constructor: 'x', aud: apiId })],
}

const shown = (claim: ClaimInWords | undefined) =>
  claim
    ? [`${claim.name ? `**${claim.name}**` : ''}${claim.words ?? ''}`, claim.code].filter(Boolean).join(' ')
    : '–'

function describePair([left, right]: readonly [TokenCard, TokenCard], known = names): string[] {
  const compared = compareTokens({ card: left, names: known }, { card: right, names: known })
  const { groups, others } = compared
  const lines = groups.flatMap(({ title, rows, kept }) => [
    ...rows.map(row => `${title}: ${shown(row.left)} ${row.sign} ${shown(row.right)}`),
    ...(kept.names.length > 0 ? [`${title}: kept ${kept.words} (${kept.names.join(' ')})`] : []),
  ])
  return [tellMainDifference(compared) ?? 'No main difference.', ...lines, `${others} others`]
}

it('a comparison names the used rights first, and each of them as bold', () => {
  const left = { card: agentToken, names }
  const right = { card: change(agentToken, { scp: 'Orders.Read Orders.Write' }), names }
  const [row] = compareTokens(left, { ...right, used: ['Orders.Write'] }).groups.flatMap(({ rows }) => rows)
  expect(shown(row?.right)).toBe('**Orders.Write**, Orders.Read scp')
  const unknown = compareTokens(left, { ...right, used: ['None'] }).groups.flatMap(({ rows }) => rows)
  expect(shown(unknown[0]?.right)).toBe('**Orders.Read, Orders.Write** scp')
})

it('a comparison of two tokens says what differs and what was kept, question by question', async () => {
  const blocks = Object.entries(pairs).map(([name, pair]) => `# ${name}\n${describePair(pair).join('\n')}\n`)
  await expect(blocks.join('\n')).toMatchFileSnapshot('comparisons.txt')
})

it('a comparison asks each question once, in the same order, whichever tokens are compared', () => {
  for (const [left, right] of Object.values(pairs)) {
    const { groups } = compareTokens({ card: left, names }, { card: right, names })
    expect(groups.map(({ title }) => title)).toEqual([
      'Who called',
      'For whom',
      'To whom',
      'By which right',
      'Agent’s marks',
      'Issued',
    ])
  }
})

it('a comparison accounts for each claim once, and never calls the reader of an opened file “you”', () => {
  const known = describeNames(publicConfig, false)
  for (const [left, right] of Object.values(pairs)) {
    const { groups, others } = compareTokens({ card: left, names: known }, { card: right, names: known })
    const told = groups.flatMap(({ rows, kept }) => [...rows.map(({ name }) => name), ...kept.names])
    expect(new Set(told).size).toBe(told.length)
    const claims = [left, right].flatMap(({ claims = {} }) => Object.keys(claims))
    const spelt = new Set(claims.map(name => (name === 'appid' ? 'azp' : name)))
    expect(told.length + others).toBe(spelt.size)
    expect(describePair([left, right], known).join()).not.toMatch(/\byou(r|rs)?\b/i)
  }
})
