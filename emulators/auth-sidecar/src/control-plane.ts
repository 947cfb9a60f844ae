import { Emulator, strictObject } from '@entra-agents/emulator-kit'
import { Type } from 'typebox'

const FaultTarget = strictObject({
  path: Type.String({ description: 'Where the path begins, such as /AuthorizationHeader/.' }),
})

/** The control plane of the sidecar; it has only the transport faults. */
export function createControls(allowedHosts: readonly string[]) {
  return new Emulator({
    about: { emulates: ['auth-sidecar'] },
    allowedHosts,
    target: FaultTarget,
    faults: {},
    settings: { change: {}, initial: {} },
  })
}
