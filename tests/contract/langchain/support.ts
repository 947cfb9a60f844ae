import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { ChatBedrockConverse } from '@langchain/aws'
import { startBedrock } from '../../../emulators/kit/src/index.ts'
import { forFile } from '../../support/for-file.ts'
import { claimsOf, startStage as startIdentityStage } from '../identity/stage.ts'

/** Emulators, an API that tells whose token it got and for POST wants the user to have met the authentication context c1, a client and a model. */
export async function startStage() {
  const calls: { readonly method: string | undefined; readonly oid: string }[] = []
  const { entra, url, clientOf } = await startIdentityStage((request, response) => {
    const { oid, acrs = [] } = claimsOf(request)
    calls.push({ method: request.method, oid })
    const claims = Buffer.from('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}').toString('base64')
    if (request.method === 'POST' && !acrs.includes('c1'))
      response.writeHead(401, {
        'www-authenticate': `Bearer error="insufficient_claims", claims="${claims}"`,
      })
    response.end(oid)
  })
  const identity = await forFile(Promise.resolve(clientOf()))
  const bedrock = await forFile(startBedrock())
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = bedrock.environment
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
  const client = new BedrockRuntimeClient({ region, endpoint: bedrock.url, credentials })
  const model = new ChatBedrockConverse({ client, region, model: 'us.anthropic.claude-haiku-5-5' })

  /** Signs a user in as the page does, with a second factor if a claims challenge wants it. */
  async function signIn(user: string, claims?: string) {
    const scope = `api://${entra.id('weather')}/access_as_user`
    const wanted = { app: 'page', user, scope, ...(claims === undefined ? {} : { claims }) }
    const { access_token } = await entra.signIn(wanted)
    return identity.user(`Bearer ${access_token}`)
  }

  return { entra, bedrock, api: { url, calls }, identity, model, signIn }
}
