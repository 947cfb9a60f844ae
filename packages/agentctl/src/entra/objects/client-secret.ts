import { Mistake } from '../../set-up/mistake.ts'
import type { Json } from '../graph.ts'
import { adminRole } from './access.ts'
import { type Kind, registrationsOf, type Target } from './tenant-object.ts'

/** The blueprint's secret, for trials. Entra shows its value once, and only `.env` keeps it. */
export const clientSecret: Kind = {
  wanted: target => {
    const { settings, setUpId, recorded, nowMs } = target
    const { secretDays } = settings
    if (secretDays === null) return []
    const path = () => `/applications/${target.idOf('blueprint')}`
    const expires = () => new Date(nowMs() + secretDays * 86_400_000).toISOString()
    const removal = (keyId: unknown) =>
      ({ method: 'POST', path: `${path()}/removePassword`, body: { keyId } }) as const
    return [
      {
        key: 'client-secret',
        title: `client secret of the blueprint, for ${secretDays} days`,
        access: { POST: { permission: 'AgentIdentityBlueprint.AddRemoveCreds.All', role: adminRole } },
        needs: ['blueprint'],
        goesWith: 'blueprint',
        isCheckedFirst: true,
        find: async graph => {
          const known = recorded('client-secret')
          const live = secretsOf(await graph.read(path())).find(
            ({ keyId, endDateTime }) => keyId === known?.id && Date.parse(String(endDateTime)) > nowMs(),
          )
          return live && !isKept(live, target) ? { object: live, fault: textProblem() } : { object: live }
        },
        create: () => ({
          method: 'POST',
          path: `${path()}/addPassword`,
          body: { passwordCredential: { displayName: secretName(setUpId), endDateTime: expires() } },
        }),
        remove: () => removal(recorded('client-secret')?.id),
        // Removes expired secrets, and one whose value was lost when a run was interrupted.
        clear: async graph =>
          secretsOf(await graph.read(path()))
            .filter(one => one['displayName'] === secretName(setUpId))
            .map(({ keyId }) => removal(keyId)),
      },
    ]
  },
  collections: target =>
    registrationsOf(target).map(({ key, title, path }) => ({
      ownerKey: key,
      title: `secrets and certificates of ${title}`,
      kind: 'credentials',
      list: async graph => {
        const application = await graph.read(path(), { mayBeForbidden: true })
        return [...secretsOf(application), ...((application?.['keyCredentials'] ?? []) as Json[])]
      },
      isWanted: ({ keyId }) => keyId === target.recorded('client-secret')?.id,
      describe: ({ displayName, endDateTime, type }) =>
        `${type === undefined ? 'client secret' : 'certificate'} "${displayName}" until ${endDateTime}`,
      suffix: `, of ${title}`,
    })),
}

export function secretName(setUpId: string): string {
  return `entra-bedrock-agent ${setUpId}`
}

export function secretsOf(application: Json | undefined): readonly Json[] {
  return (application?.['passwordCredentials'] ?? []) as Json[]
}

/** Whether `.env` has the value of this secret, of which Graph shows the beginning. */
function isKept({ hint }: Json, { secret }: Target): boolean {
  const text = secret()
  return Boolean(text) && (typeof hint !== 'string' || text?.startsWith(hint) === true)
}

function textProblem(): Mistake {
  return new Mistake(
    'The blueprint’s client secret is in use, and its text is not in the .env file.',
    'Name the file that has it (--dotenv), or have the secret replaced: apply --replace-client-secret. Whoever uses the old one then has to get the new one.',
  )
}
