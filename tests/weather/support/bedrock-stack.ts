import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from './stack.ts'

/** The whole system with emulated AWS for the tests of a file. */
export async function bedrockStackForFile(): Promise<Stack> {
  const aws = await forFile(EmulatedAws.start())
  const emulated = { BEDROCK_PROBE: 'off', EMULATED: 'entra,auth-sidecar,bedrock' }
  return forFile(Stack.start({ agent: { ...staticKeys, ...aws.environment, ...emulated } }))
}
