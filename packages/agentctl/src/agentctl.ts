/**
 * `agentctl <command>`. Each command's code is loaded only when it runs, so that help comes at once. Exit codes: 0 done ·
 * 1 failed · 2 wrong usage · 3 differs (status, blast-radius).
 */
import manifest from '../package.json' with { type: 'json' }
import { addEntraCommands } from './entra/options.ts'
import { newProgram, reportError, runProgram } from './set-up/program.ts'
import { useProxy } from './set-up/proxy.ts'

const output = { print: console.log, say: console.error }
// A command ends what it began although nobody can read its output any more, but does not call that a success.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') return
  const code = reportError(error, output.say)
  process.once('exit', () => {
    process.exitCode ||= code
  })
})
process.on('uncaughtException', error => process.exit(reportError(error, output.say)))

const program = newProgram(output)
  .description('Sets up, checks, switches off and takes away an AI agent with an identity of its own.')
  .version(manifest.version, '-V, --version', 'the version')

const entra = program
  .command('entra')
  .description('sets up, checks, switches off and takes away what the agent needs in Microsoft Entra')
addEntraCommands(entra, async invocation => {
  await useProxy()
  const { runHere } = await import('./entra.ts')
  process.exitCode = await runHere(invocation)
})
for (const command of entra.commands)
  program
    .command(command.name(), { hidden: true })
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() =>
      program.error(`error: this is a command of entra: npx --no-install agentctl entra ${command.name()}`),
    )

program
  .command('doctor')
  .description('says what is wrong, here or with --kube on a cluster, and what to do; changes nothing')
  .optionsGroup('What to examine:')
  .option('--kube', 'a release of the chart, through kubectl, in place of this machine')
  .option('--namespace <name>', 'its namespace [that of kubectl’s context]')
  .option('--release <name>', 'its name [the only one there]')
  .option(
    '--page <origin>',
    'where browsers find the page [http://localhost:<PORT>, or the host of the Ingress]',
  )
  .option('--mcp <url>', 'only this MCP server, of anybody, as a client without a token sees it')
  .option('--client <id>', 'with --mcp: the client id that its clients use, to ask what Entra says to it')
  .optionsGroup('With whose rights:')
  .option(
    '--user-token-file <file>',
    'a user’s token for the blueprint, to check acting for users; - reads standard input',
  )
  .option('--graph-token-file <file>', 'a token for Microsoft Graph, to compare the tenant with the receipt')
  .optionsGroup('Output:')
  .option('--json', 'the findings as JSON')
  .addHelpText('after', '\nExit codes: 0 no check failed · 1 a check failed · 2 wrong usage')
  .action(async options => {
    const { examineAll } = await import('./doctor.ts')
    // A check that hangs would keep the process alive.
    process.exit(await examineAll(options))
  })

program
  .command('agents')
  .description(
    'prints an agent that only reads, and one for each API that changes, for AGENTS_CONFIG; makes nothing',
  )
  .requiredOption(
    '--api <name:reads[:changes]>',
    'an API or MCP server with its scopes, joined by +; again for several',
    (text: string, before: readonly string[] = []) => [...before, text],
  )
  .option('--output <file>', 'write the agents into this new file')
  .action(async options => {
    const { describeAgents } = await import('./agents.ts')
    describeAgents(options, output)
  })

program
  .command('helm-values')
  .description('prints the ids of .env, and the agents of AGENTS_CONFIG, as values for the chart')
  .option('--dotenv <file>', 'where the ids are', '.env')
  .option('--output <file>', 'write the values into this file')
  .action(async options => {
    const { helmValues } = await import('./helm-values.ts')
    helmValues(options)
  })

program
  .command('sidecar-env')
  .description('writes the settings, with the client secret, by which Docker starts the official sidecar')
  .option('--dotenv <file>', 'where the ids and the secret are', '.env')
  .option('--output <file>', 'file that you alone can read, for docker run --env-file', 'sidecar.env')
  .action(async options => {
    const { writeSidecarEnv } = await import('./sidecar-env.ts')
    writeSidecarEnv(options)
  })

process.exitCode = (await runProgram(program, process.argv.slice(2), output)) ?? process.exitCode
