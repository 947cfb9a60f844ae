import { correction, findDifferences, hasAll } from './differences.ts'
import { setVariables } from './env-file.ts'
import { GraphRefusal, type Json } from './graph.ts'
import { lookAhead } from './look-ahead.ts'
import { listObjects } from './objects/kinds.ts'
import type { Found, TenantObject } from './objects/tenant-object.ts'
import type { Invocation } from './options.ts'
import { NotYet } from './patience.ts'
import { removeObjects } from './removal.ts'
import { inStep, lookUp, type Run, requireReceipt, targetOf, toRecord } from './run.ts'
import type { Settings } from './settings.ts'
import { describeDifference, type ResultWord } from './text.ts'
import { replaceVariables, variablesOf } from './variables.ts'

/** Makes what is missing and corrects what differs; writes the receipt after every step and `.env` in the end. */
export async function apply(run: Run, settings: Settings, invocation: Invocation): Promise<void> {
  const unwanted = findUnwanted(run, settings)
  const before = run.receipt.content
  if (unwanted.length > 0) await removeObjects(run, unwanted)
  const receipt = run.receipt.begin(run.tenantId, settings)
  if (invocation.replaceClientSecret) run.receipt.forget('client-secret')
  await lookAhead(run, requireReceipt(run))
  // The receipt is written, with the set-up id, before anything is made: by this id the next run finds what this run made.
  run.receipt.change({})
  for (const wanted of listObjects(targetOf(run, receipt, () => requireReceipt(run).objects))) {
    let outcome: ResultWord = 'unchanged'
    await inStep(run, wanted, async () => {
      const { object, isHidden } = await findAndRecord(run, wanted)
      if (isHidden) {
        outcome = 'not evaluated'
        return
      }
      if (!object) {
        outcome = 'created'
        await createObject(run, wanted)
      }
      const isCorrected = await correctObject(run, wanted, object)
      if (isCorrected && outcome === 'unchanged') outcome = 'corrected'
    })
    const { key, title } = wanted
    run.report({ result: outcome, key, title, id: requireReceipt(run).objects[key]?.id })
  }
  const after = requireReceipt(run)
  replaceVariables(run, before ?? after, after)
  setVariables(run.envFile, variablesOf(after, run.agentsFile))
  run.receipt.change({ earlier: undefined })
  printNextSteps(run)
}

/** The recorded objects that the settings no longer want. */
export function findUnwanted(run: Run, settings: Settings): readonly TenantObject[] {
  const receipt = run.receipt.content
  if (!receipt) return []
  const known = () => run.receipt.content?.objects ?? {}
  const wanted = listObjects(targetOf(run, { ...receipt, settings }, known)).map(({ key }) => key)
  return listObjects(targetOf(run, receipt, known)).filter(
    ({ key }) => receipt.objects[key] && !wanted.includes(key),
  )
}

/** Finds an object that is there already. Records it if it was made without a record, by an interrupted run or by hand. */
async function findAndRecord(run: Run, wanted: TenantObject): Promise<Found> {
  const receipt = requireReceipt(run)
  const found = await lookUp(run, wanted, receipt)
  if (found.fault) throw found.fault
  if (found.object) {
    const record = toRecord(found.object, run.clock.nowMs())
    if (record.id !== receipt.objects[wanted.key]?.id) run.receipt.record(wanted.key, record)
  }
  return found
}

async function createObject(run: Run, wanted: TenantObject): Promise<void> {
  if (wanted.isFoundByName) await rememberMaker(run)
  for (const request of (await wanted.clear?.(run.graph)) ?? []) await run.graph.send(request)
  const created = (await sendCreation(run, wanted)) ?? (await readObject(run, wanted))
  const { secretText } = created
  // Entra shows the secret only in this response. It is written to this file and to no other.
  if (typeof secretText === 'string') setVariables(run.envFile, { BLUEPRINT_CLIENT_SECRET: secretText })
  run.receipt.record(wanted.key, toRecord(created, run.clock.nowMs()))
}

async function rememberMaker({ graph, receipt }: Run): Promise<void> {
  const { id } = await graph.caller()
  const { makers = [] } = receipt.content ?? {}
  if (id !== undefined && !makers.includes(id)) receipt.change({ makers: [...makers, id] })
}

/**
 * Makes an object. If it can be found only by its name, the receipt first records the attempt: without a response the object may
 * exist all the same, and Entra would allow another one with the same name.
 */
async function sendCreation({ graph, receipt, clock }: Run, wanted: TenantObject): Promise<Json | undefined> {
  const { key, isFoundByName } = wanted
  if (!isFoundByName) return graph.send(wanted.create())
  receipt.change({ creating: { key, askedAt: new Date(clock.nowMs()).toISOString() } })
  try {
    return await graph.send(wanted.create())
  } catch (error) {
    if (error instanceof GraphRefusal && error.status < 500) receipt.change({ creating: null })
    throw error
  }
}

/**
 * Corrects an object, and returns whether that was needed. Entra may accept a change and not keep it, so the object is read
 * again.
 */
async function correctObject(run: Run, wanted: TenantObject, before: Json | undefined): Promise<boolean> {
  const { properties, address } = wanted
  const found = before ?? (await readObject(run, wanted))
  if (!properties || !address || hasAll(properties(), found)) return false
  await run.graph.send({ method: 'PATCH', path: address(), body: correction(properties(), found) })
  const [difference] = findDifferences(properties(), await readObject(run, wanted))
  if (difference)
    throw new NotYet(`Entra took a change and does not show it: ${describeDifference(difference)}`)
  return true
}

async function readObject({ graph }: Run, wanted: TenantObject): Promise<Json> {
  const { object } = await wanted.find(graph)
  if (!object) throw new NotYet('Entra does not show it yet')
  return object
}

function printNextSteps({ print, envFile, agentsFile, receipt }: Run): void {
  if (!receipt.content) return
  const { settings, objects } = receipt.content
  const variables = variablesOf(receipt.content, agentsFile)
  print('')
  for (const [name, value] of Object.entries(variables)) print(`${name.padEnd(24)} ${value}`)
  print(`\nThese are in ${envFile}; what was made is in ${receipt.path}: keep it, destroy needs it.`)
  if (variables['AGENTS_CONFIG'])
    print(`${agentsFile} has the agents; their titles and descriptions there are yours to change.`)
  if (objects['client-secret'])
    print(
      `The blueprint's secret is in ${envFile} alone. It is for trials: on Kubernetes use a federated credential.`,
    )
  if (settings.federatedCredentials.length > 0)
    print('Values for helm: npx --no-install agentctl helm-values --output entra.yaml')
  else if (!objects['client-secret'])
    print(
      'The blueprint has no credential yet: apply again with --cluster-issuer and --service-account, or for a trial with --client-secret.',
    )
  print(
    'Entra may need some minutes until tokens carry all of this. Check it: npx --no-install agentctl doctor',
  )
}
