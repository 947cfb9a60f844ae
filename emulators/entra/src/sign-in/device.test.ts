import { expect, it } from 'vitest'
import { newApplication, newServicePrincipal } from '../directory/objects.ts'
import { ada, Browser } from '../testing/browser.ts'
import { describeBody, nameIds } from '../testing/describe-responses.ts'
import { blueprintAppId, requestToken, startEntraForFile, tenantId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()

const client_id = '77777777-0000-4000-8000-000000000007'
const scope = `api://${blueprintAppId}/access_as_user offline_access`

/** A device that asked for a code, and what its user does with it. */
async function startDevice(isFallbackPublicClient = true) {
  const { content } = entra.entra.directory
  content.applications.push(
    newApplication({ appId: client_id, displayName: 'Kiosk', isFallbackPublicClient }),
  )
  content.servicePrincipals.push(
    newServicePrincipal({ id: client_id, appId: client_id, displayName: 'Kiosk' }),
  )
  const response = await fetch(`${entra.url}/${tenantId}/oauth2/v2.0/devicecode`, {
    method: 'POST',
    body: new URLSearchParams({ client_id, scope }),
  })
  const body = (await response.json()) as Record<'verification_uri' | 'user_code' | 'device_code', string>
  const page = new Browser(entra)
  const address = `${body.verification_uri}?otc=${body.user_code.toLowerCase()}`
  const submit = (fields: Record<string, string>) => page.submit(address, { account: ada, ...fields })
  const poll = (device_code = body.device_code) =>
    requestToken(entra, {
      client_id,
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code,
    })
  return { body, page, address, submit, poll }
}

const titleOf = async (response: Response) => /(?<=<h1>)[^<]*/.exec(await response.text())?.[0]

it('a device gets tokens once its user has typed its code elsewhere, signed in and consented', async () => {
  const { body, page, address, submit, poll } = await startDevice()
  expect(body).toMatchObject({
    expires_in: 900,
    interval: 5,
    message: expect.stringContaining(body.user_code),
  })
  expect(await titleOf(await page.visit(body.verification_uri))).toBe('Enter code to allow access')
  expect(await (await page.visit(`${address}x`)).text()).toContain('That code didn’t work.')
  expect(await titleOf(await page.visit(address))).toBe('Pick an account')
  expect(await titleOf(await submit({}))).toBe('Permissions requested')
  expect((await poll()).body).toMatchObject({ error: 'authorization_pending' })
  expect(await titleOf(await submit({ consent: 'accept' }))).toBe('You have signed in')
  const { body: tokens } = await poll()
  expect(tokens).toMatchObject({ scope: `api://${blueprintAppId}/access_as_user`, token_type: 'Bearer' })
  const renewed = { client_id, grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  expect((await requestToken(entra, renewed)).status).toBe(200)
})

it('a device is told in Entra’s words why it gets no tokens', async () => {
  const lines: string[] = []
  const note = async (what: string, device: ReturnType<typeof startDevice>, code?: string) =>
    lines.push(`${what}: ${describeBody((await (await device).poll(code)).body)}`)
  await note('nobody has answered', startDevice())
  entra.entra.reset()
  await note('another code', startDevice(), 'made-up')
  entra.entra.reset()
  await note('an application that may not have public clients', startDevice(false))
  entra.entra.reset()
  const declined = startDevice()
  await (await declined).submit({ cancel: '1' })
  await note('its user declined', declined)
  entra.entra.reset()
  const slow = startDevice()
  await slow
  entra.entra.settings.change({ clockOffsetSeconds: 901 })
  await note('after a quarter of an hour', slow)
  expect(await titleOf(await (await slow).submit({}))).toBe('Enter code to allow access')
  await expect(nameIds(entra, `${lines.join('\n')}\n`)).toMatchFileSnapshot('device.txt')
})
