import { correction, findDifferences } from './differences.ts'
import { setVariables } from './env-file.ts'
import { GraphRefusal, type Json } from './graph.ts'
import { NotYet } from './patience.ts'
import type { Receipt } from './receipt.ts'
import { type Located, locate, type Resource, refuseNamesake, toRecord } from './resource.ts'
import { inStep, look, type Run, resourcesOf } from './run.ts'
import type { Settings } from './settings.ts'
import { describeDifference } from './survey.ts'
import { line } from './text.ts'
import { variablesOf } from './variables.ts'

type Outcome = 'created' | 'corrected' | 'unchanged' | 'hidden'

/** Makes what is missing and corrects what differs; writes the receipt after every step and `.env` in the end. */
export async function apply(run: Run, settings: Settings): Promise<void> {
  run.receipt.begin(run.tenantId, settings)
  // Before the first request, so that the next run knows by what name this one made things.
  run.receipt.change({})
  const count = resourcesOf(run, contentOf(run)).length
  for (let index = 0; index < count; index++) {
    const resource = resourceAt(run, index)
    let outcome: Outcome = 'unchanged'
    await inStep(run, resource, async () => {
      // What is wanted depends on the ids known, which change from try to try.
      const { found, isHidden } = await findRecorded(run, resourceAt(run, index))
      if (isHidden) {
        outcome = 'hidden'
        return
      }
      if (!found) {
        outcome = 'created'
        await create(run, resourceAt(run, index))
      }
      const isCorrected = await correct(run, resourceAt(run, index), found)
      if (isCorrected && outcome === 'unchanged') outcome = 'corrected'
    })
    run.print(line(outcome, resource.title, contentOf(run).objects[resource.key]?.id))
  }
  setVariables(run.envFile, variablesOf(contentOf(run)))
  printNextSteps(run)
}

function contentOf({ receipt: { content } }: Run): Receipt {
  if (!content) throw new Error('There is no receipt.')
  return content
}

function resourceAt(run: Run, index: number): Resource {
  const resource = resourcesOf(run, contentOf(run))[index]
  if (!resource) throw new Error(`There is no resource ${index}.`)
  return resource
}

/** What is there already; recorded, if a run that was broken off or somebody else's hand left it unrecorded. */
async function findRecorded(run: Run, resource: Resource): Promise<Located> {
  const receipt = contentOf(run)
  const located = await look(run, resource, receipt)
  refuseNamesake(resource, located, run.receipt.path)
  const { found } = located
  if (found) {
    const record = toRecord(resource, found, run.clock.nowMs())
    if (record.id !== receipt.objects[resource.key]?.id) run.receipt.record(resource.key, record)
  }
  return located
}

async function create(run: Run, resource: Resource): Promise<void> {
  await resource.prepare?.(run.graph)
  const created = (await sendCreation(run, resource)) ?? (await read(run, resource))
  const { secretText } = created
  // Shown this once. Of all files it goes into this one alone.
  if (typeof secretText === 'string') setVariables(run.envFile, { BLUEPRINT_CLIENT_SECRET: secretText })
  run.receipt.record(resource.key, toRecord(resource, created, run.clock.nowMs()))
}

/** Entra makes as many of one name as it is asked for, so the receipt keeps in mind what may have been made. */
async function sendCreation({ graph, receipt, clock }: Run, resource: Resource): Promise<Json | undefined> {
  const { key, find, create: request } = resource
  if (!find.isByName) return graph.send(request)
  receipt.change({ creating: { key, askedAt: new Date(clock.nowMs()).toISOString() } })
  try {
    return await graph.send(request)
  } catch (error) {
    if (error instanceof GraphRefusal && error.status < 500) receipt.change({ creating: null })
    throw error
  }
}

/** Whether anything had to be corrected. Entra may take a change and not keep it, so the object is read again. */
async function correct(run: Run, resource: Resource, before: Json | undefined): Promise<boolean> {
  const found = before ?? (await read(run, resource))
  if (findDifferences(resource.desired, found).length === 0) return false
  const id = contentOf(run).objects[resource.key]?.id
  if (!resource.addressOf || id === undefined) throw new Error(`${resource.key} can't be corrected.`)
  const body = correction(resource.desired, found)
  await run.graph.send({ method: 'PATCH', path: resource.addressOf(id), body })
  const [difference] = findDifferences(resource.desired, await read(run, resource))
  if (difference)
    throw new NotYet(`Entra took a change and does not show it: ${describeDifference(difference)}`)
  return true
}

async function read(run: Run, resource: Resource): Promise<Json> {
  const { found } = await locate(run.graph, resource, contentOf(run).objects[resource.key])
  if (!found) throw new NotYet('Entra does not show it yet')
  return found
}

function printNextSteps({ print, envFile, receipt }: Run): void {
  if (!receipt.content) return
  const { settings, objects } = receipt.content
  const variables = variablesOf(receipt.content)
  print('')
  for (const [name, value] of Object.entries(variables)) print(`${name.padEnd(24)} ${value}`)
  print(`\nThese are in ${envFile}; what was made is in ${receipt.path}: keep it, destroy needs it.`)
  if (objects['client-secret'])
    print(
      `The blueprint's secret is in ${envFile} alone. It is for trials: on Kubernetes use a federated credential.`,
    )
  if (settings.federatedCredentials.length > 0) print(`For helm: ${helmSettings(variables)}`)
  else if (!objects['client-secret'])
    print(
      'The blueprint has no credential yet: apply again with --cluster-issuer and --service-account, or for a trial with --client-secret.',
    )
  print('Entra may need some minutes until tokens carry all of this. Check it: npm run doctor')
}

function helmSettings(variables: ReturnType<typeof variablesOf>): string {
  const values = {
    'entra.tenantId': 'TENANT_ID',
    'entra.blueprintAppId': 'BLUEPRINT_APP_ID',
    'entra.agentClientId': 'AGENT_CLIENT_ID',
    'entra.spaAppId': 'CLIENT_SPA_APP_ID',
    'downstreamApis.weather.appId': 'WEATHER_API_APP_ID',
  }
  return Object.entries(values)
    .map(([value, name]) => `--set ${value}=${variables[name]}`)
    .join(' ')
}
