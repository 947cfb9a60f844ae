import type { Account } from '../account/account.ts'
import { type Geography, geographies } from '../account/models.ts'
import { validationError } from '../wire/bedrock-error.ts'

/** The model that a call's path names, by an inference profile or by its own id. */
export type InvokedModel = Readonly<ReturnType<typeof findInvokedModel>>

/** Regions that a geography's profile sends requests to (AWS, "Supported Regions and models for inference profiles"). */
const profileRegions: Readonly<Record<Exclude<Geography, 'global'>, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-3'],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
  apac: ['ap-northeast-1', 'ap-northeast-2', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
}

/**
 * Finds the model of a model id, profile id or profile ARN in the account's region.
 *
 * @throws {BedrockError}
 */
export function findInvokedModel(account: Account, modelId: string) {
  const { region, accountId } = account.config
  const profileArns = `arn:aws:bedrock:${region}:${accountId}:inference-profile/`
  const id = modelId.replace(profileArns, '')
  const geography = geographies.find(candidate => id.startsWith(`${candidate}.`))
  const model = account.model(geography === undefined ? id : id.slice(geography.length + 1))
  const regions = regionsOf(geography, region)
  const isReachable = geography === undefined || model?.profiles.includes(geography)
  if (!model || !isReachable || !regions.includes(region))
    throw validationError('The provided model identifier is invalid.')
  return {
    model,
    modelArns: regions.map(destination => `arn:aws:bedrock:${destination}::foundation-model/${model.id}`),
    profile: geography && { id, arn: `${profileArns}${id}` },
  }
}

/** The regions in the ARNs of the models that a call may use. A global profile also uses an ARN with an empty region. */
function regionsOf(geography: Geography | undefined, region: string): readonly string[] {
  if (geography === undefined) return [region]
  return geography === 'global' ? [region, ''] : profileRegions[geography]
}
