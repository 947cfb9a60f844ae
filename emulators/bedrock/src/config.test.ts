import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

it('The configuration has defaults if no variable is set', () => {
  expect(readConfig({})).toMatchObject({
    host: 'localhost',
    port: 7002,
    region: 'us-east-1',
    accountId: '111122223333',
    role: { arn: 'arn:aws:iam::111122223333:role/entra-bedrock-agent', trust: undefined },
    pace: { firstTokenMs: 0, tokenDelayMs: 0 },
  })
})

it('The role trusts the issuer and the subject that are set', () => {
  const [issuer, subject] = ['https://issuer.example/', 'system:serviceaccount:ns:agent']
  const { role } = readConfig({ EMULATOR_TRUSTED_ISSUER: issuer, EMULATOR_TRUSTED_SUBJECT: subject })
  expect(role.trust).toEqual({ issuer, subject, audience: 'sts.amazonaws.com' })
})

it('The configuration reports all faults', () => {
  const wrong = {
    EMULATOR_ROLE_ARN: 'agent',
    EMULATOR_TRUSTED_ISSUER: 'https://issuer.example/',
    EMULATOR_TOKEN_DELAY_MS: '-1',
    EMULATOR_SCRIPT: 'no-such-file.json',
  }
  expect(findFaults(() => readConfig(wrong))).toEqual([
    'EMULATOR_ROLE_ARN must be the ARN of a role; it is "agent".',
    'EMULATOR_TRUSTED_ISSUER and EMULATOR_TRUSTED_SUBJECT go together: set both or neither.',
    'EMULATOR_TOKEN_DELAY_MS must be a whole number from 0 to 600000; it is "-1".',
    'EMULATOR_SCRIPT names no-such-file.json, which cannot be read (ENOENT).',
  ])
})

it.each([
  [[['Hi.', { tool: 'get_orders' }], 'Two.', { tool: 'x', input: { a: [1] } }], undefined],
  ['Hi.', 'it is no list'],
  [{ 0: 'Hi.' }, 'it is no list'],
  [['Hi.', ''], 'step 2 is none'],
  [[[]], 'step 1 is none'],
  [['Hi.', null], 'step 2 is none'],
  [[{ tol: 'get_orders' }], 'step 1 is none'],
  [[{ tool: 'get_orders', input: 'all' }], 'step 1 is none'],
])('The script %j is read, or the fault says where it is', (script, fault) => {
  const shape = 'a list of texts, {"tool", "input"} and lists of these'
  expect(findFaults(() => readConfig({}, script))).toEqual(
    fault === undefined ? [] : [`The script (EMULATOR_SCRIPT) must be ${shape}; ${fault}.`],
  )
})
