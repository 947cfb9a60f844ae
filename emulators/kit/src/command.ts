import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { serve } from '@entra-agents/service-kit'
import { buildEntra } from './entra.ts'

const help = `An emulator of Microsoft Entra ID for tests: one tenant, in memory.

npx @entra-agents/emulators --seed FILE [options]

  --seed FILE        the tenant, in YAML or JSON (or the variable ENTRA_SEED)
  --port NUMBER      7001 by default; 0 is a free one
  --host NAME        where it listens: localhost by default, 0.0.0.0 for others, too
  --public-url URL   the URL by which all clients reach it, if it is another one; a part of the issuer
  --tls              speaks https with a new certificate, which clients have to trust
  --ca-out FILE      writes this certificate there; it is at /emulator/ca.pem, too
  --help

The other settings are variables: see emulators/entra/README.md in the repository. Ctrl-C stops it.
`

const options = {
  seed: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  'public-url': { type: 'string' },
  tls: { type: 'boolean' },
  'ca-out': { type: 'string' },
  help: { type: 'boolean' },
} as const

/** Runs an Entra as the command line says, until it is stopped. */
export async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) process.stdout.write(help)
    else await serveEntra(values, env)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nSee --help.\n`)
    process.exitCode = 1
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

async function serveEntra(values: Values, env: NodeJS.ProcessEnv): Promise<void> {
  const { seed, tls, port, host, 'public-url': publicUrl, 'ca-out': caFile } = values
  if (!seed && !env['ENTRA_SEED'])
    throw new Error('--seed is missing: it names the file that says who is in the tenant.')
  if (caFile !== undefined && !tls) throw new Error('--ca-out is of use with --tls only.')
  await serve(() => {
    const given = { ...(port && { PORT: port }), ...(host && { HOST: host }) }
    const url = publicUrl ? { PUBLIC_URL: publicUrl } : {}
    const variables = { LOG_LEVEL: 'warn', ...env, ...given, ...url }
    const { app, config, ca } = buildEntra(variables, seed, tls)
    if (caFile !== undefined && ca !== undefined) writeFileSync(caFile, ca)
    app.addHook('onListen', async () => {
      process.stdout.write(`Ready: ${app.entra.publicUrl}\n${describeTenant(config)}`)
    })
    return { app, host: config.host, port: config.port, portVariable: '--port' }
  })
}

/** The tenant's ids by the names in the seed. */
function describeTenant({ tenantId, seed }: ReturnType<typeof buildEntra>['config']): string {
  const kinds = Object.entries(seed.ids).flatMap(([kind, ids]) =>
    [...ids].map(([name, id]) => `  ${id}  ${kind.slice(0, -1)} ${name}\n`),
  )
  return [`  ${tenantId}  tenant\n`, ...kinds].join('')
}
