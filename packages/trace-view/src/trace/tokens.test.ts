import type { TokenCard } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { agentId, apiId, blueprintId, pageId, publicConfig } from '../testing/public-config.ts'
import { accountToken, agentToken, ownToken, userToken } from '../testing/trace.ts'
import { describeNames, shortenIds } from '../words/names.ts'
import { actsAsOf } from './acts-as.ts'
import { groupClaims, groupTitles, viewClaims } from './claims.ts'
import { compareAnswers, compareTokens, tally } from './comparison.ts'
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
  'a claim with the name of a built-in property': [userToken, card({ constructor: 'x', aud: apiId })],
}

const shown = (value: unknown) => (value === undefined ? '–' : shortenIds(String(value)))

it('a comparison of two tokens says what stayed, what changed, and what the change means', async () => {
  const blocks = Object.entries(pairs).map(([name, pair]) => {
    const claims = compareTokens(...pair)
    const { same, changed, added, removed } = tally(claims)
    const lines = claims.map(({ name: claim, sign, left, right, lesson }) =>
      [`${sign} ${claim}: ${shown(left)} → ${shown(right)}`, lesson].filter(Boolean).join(' | '),
    )
    return `# ${name}\n${same} same, ${changed} changed, ${added} added, ${removed} removed\n${lines.join('\n')}\n`
  })
  await expect(blocks.join('\n')).toMatchFileSnapshot('comparisons.txt')
})

it('a comparison of two answers finds them the same if they have the same words and the same identity', () => {
  const itself = (id: string) => ({ question: 'For whom', value: 'Itself', detail: [], id })
  expect(compareAnswers(itself('a'), itself('a'))).toBe('same')
  expect(compareAnswers(itself('a'), itself('b'))).toBe('changed')
})
