import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

describe('readConfig', () => {
  it('has defaults if no variable is set', () => {
    expect(readConfig({})).toMatchObject({
      host: 'localhost',
      port: 7002,
      region: 'us-east-1',
      accountId: '111122223333',
      role: { arn: 'arn:aws:iam::111122223333:role/entra-bedrock-agent', trust: undefined },
      pace: { firstTokenMs: 0, tokenDelayMs: 0 },
    })
  })

  it('reads the issuer and the subject that the role trusts', () => {
    const { role } = readConfig({
      EMULATOR_TRUSTED_ISSUER: 'https://issuer.example/',
      EMULATOR_TRUSTED_SUBJECT: 'system:serviceaccount:ns:agent',
    })
    expect(role.trust).toEqual({
      issuer: 'https://issuer.example/',
      subject: 'system:serviceaccount:ns:agent',
      audience: 'sts.amazonaws.com',
    })
  })

  it('reports all faults', () => {
    expect(() =>
      readConfig({
        EMULATOR_ROLE_ARN: 'agent',
        EMULATOR_TRUSTED_ISSUER: 'https://issuer.example/',
        EMULATOR_TOKEN_DELAY_MS: '-1',
      }),
    ).toThrow(
      [
        'The configuration has 3 faults:',
        '  - EMULATOR_ROLE_ARN must be the ARN of a role; it is "agent".',
        '  - EMULATOR_TRUSTED_ISSUER and EMULATOR_TRUSTED_SUBJECT go together: set both or neither.',
        '  - EMULATOR_TOKEN_DELAY_MS must be a whole number from 0 to 600000; it is "-1".',
      ].join('\n'),
    )
  })
})
