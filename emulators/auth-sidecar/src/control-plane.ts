import { Emulator } from '@entra-bedrock-agent/emulator-kit'
import { Type } from 'typebox'

const Target = Type.Object(
  { path: Type.String({ description: 'Where the path begins, such as /AuthorizationHeader/.' }) },
  { additionalProperties: false },
)

/** The controls of the sidecar; it has no faults but those of the way to it. */
export function createControls(allowedHosts: readonly string[]) {
  return new Emulator({
    about: { emulates: ['auth-sidecar'] },
    allowedHosts,
    target: Target,
    faults: {},
    settings: { change: {}, initial: {} },
  })
}
