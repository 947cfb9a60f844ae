import type { Account } from '../account/account.ts'
import { type Geography, geographies, type Model } from '../account/models.ts'
import { invalid } from '../wire/bedrock-error.ts'

/** What a call's path names: a model through an inference profile, or the bare model. */
export interface InvokedModel {
  readonly model: Model
  readonly modelArns: readonly string[]
  readonly profile: { readonly id: string; readonly arn: string } | undefined
}

/** Regions that a geography's profile sends requests to (AWS, "Supported Regions and models for inference profiles"). */
const destinations: Readonly<Record<Exclude<Geography, 'global'>, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-3'],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
  apac: ['ap-northeast-1', 'ap-northeast-2', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
}

/** Finds what a model id, profile id or profile ARN means in the account's region. @throws {BedrockError} */
export function findInvokedModel(account: Account, modelId: string): InvokedModel {
  const { region, id: accountId } = account
  const id = idOf(modelId, account)
  const geography = geographies.find(candidate => id.startsWith(`${candidate}.`))
  const model = account.model(geography === undefined ? id : id.slice(geography.length + 1))
  if (!model || (geography && !isReachable(geography, model, region))) {
    throw invalid('The provided model identifier is invalid.')
  }
  return {
    model,
    modelArns: modelArns(model.id, geography, region),
    profile: geography && { id, arn: `arn:aws:bedrock:${region}:${accountId}:inference-profile/${id}` },
  }
}

function idOf(modelId: string, { region, id: accountId }: Account): string {
  if (!modelId.startsWith('arn:')) return modelId
  const prefixes = [
    `arn:aws:bedrock:${region}:${accountId}:inference-profile/`,
    `arn:aws:bedrock:${region}::foundation-model/`,
  ]
  const prefix = prefixes.find(candidate => modelId.startsWith(candidate))
  if (prefix === undefined) throw invalid('The provided model identifier is invalid.')
  return modelId.slice(prefix.length)
}

function isReachable(geography: Geography, model: Model, region: string): boolean {
  if (!model.profiles.includes(geography)) return false
  return geography === 'global' || destinations[geography].includes(region)
}

function modelArns(id: string, geography: Geography | undefined, region: string): readonly string[] {
  if (geography === 'global') {
    return [`arn:aws:bedrock:${region}::foundation-model/${id}`, `arn:aws:bedrock:::foundation-model/${id}`]
  }
  const regions = geography === undefined ? [region] : destinations[geography]
  return regions.map(destination => `arn:aws:bedrock:${destination}::foundation-model/${id}`)
}
