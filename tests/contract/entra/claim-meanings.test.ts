import { claimDictionary } from '@entra-agents/trace'
import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { ada, signIn } from '../../../emulators/entra/src/testing/browser.ts'
import { requestObo, requestT1, requestTr } from '../../../emulators/entra/src/testing/requests.ts'
import { startEntra } from '../../../emulators/entra/src/testing/start-entra.ts'

it.each(['1', '2'])('the claim dictionary has every claim of tokens of version %s', async version => {
  await using entra = await startEntra({ WEATHER_API_TOKEN_VERSION: version })
  const tc = (await signIn(entra, ada)).body.access_token
  const responses = await Promise.all([requestT1(entra), requestTr(entra), requestObo(entra, tc)])
  const tokens = [tc, ...responses.map(({ body }) => body.access_token)]
  const names = tokens.flatMap(token => Object.keys(decodeJwt(token)))
  expect(names).toEqual(expect.arrayContaining(['sid', 'xms_act_fct', 'xms_idrel', 'scp', 'roles']))
  expect(names.filter(name => !Object.hasOwn(claimDictionary, name))).toEqual([])
})
