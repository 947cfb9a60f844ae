import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { runAws } from '../../scripts/aws/command.ts'
import { lacks, needs } from '../support/programs.ts'
import { AwsAccount, eksIssuer, regions } from './support/aws-account.ts'

/** With a slash at its end, as AKS has it. */
const issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'
const provider = `arn:aws:iam::123456789012:oidc-provider/${issuer.slice('https://'.length)}`
const roleName = 'entra-bedrock-agent'
const webIdentity = ['--service-account', 'agents:demo-agent', '--cluster-issuer', issuer]
const podIdentity = ['--service-account', 'agents:demo-agent', '--cluster', 'prod', '--pod-identity']

needs('python')

let account: AwsAccount
let folder: string
let receipt: string
beforeAll(async () => {
  if (!lacks('python')) account = await AwsAccount.start()
})
afterAll(() => account?.[Symbol.asyncDispose]())
beforeEach(async () => {
  await account.reset()
  for (const [name, value] of Object.entries(account.environment)) vi.stubEnv(name, value)
  folder = await mkdtemp(join(tmpdir(), 'aws-'))
  receipt = join(folder, 'receipt.json')
  return () => rm(folder, { recursive: true })
})

async function aws(...args: readonly string[]) {
  const lines: string[] = []
  const faults: string[] = []
  const exitCode = await runAws([...args, '--receipt', receipt], {
    env: process.env,
    print: line => lines.push(line),
    say: line => faults.push(line),
    ask: async () => false,
  })
  return { exitCode, output: lines.join('\n'), faults: faults.join('\n') }
}

const iam = () => new IAMClient({})
async function makeProvider(audiences: string[]) {
  await iam().send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: audiences }))
}

async function audiencesOf(arn: string) {
  const found = await iam().send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }))
  return found.ClientIDList
}

describe('npm run aws, for the tokens of a cluster’s issuer,', () => {
  it('plans without changing anything', async () => {
    const { exitCode, output } = await aws('plan', ...webIdentity)
    expect(exitCode).toBe(0)
    expect(output.match(/^create /gm)).toHaveLength(4)
    expect(account.writes).toEqual([])
    expect(existsSync(receipt)).toBe(false)
  })

  it('trusts one service account by issuer, audience and subject, to the letter', async () => {
    expect((await aws('apply', ...webIdentity)).exitCode).toBe(0)
    expect(await audiencesOf(provider)).toEqual(['sts.amazonaws.com'])
    expect((await account.trustPolicy(roleName)).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer.slice(8)}:aud`]: 'sts.amazonaws.com',
            [`${issuer.slice(8)}:sub`]: 'system:serviceaccount:agents:demo-agent',
          },
        },
      },
    ])
  })

  it('allows both ways of invoking, on the profile and on its models in all their regions', async () => {
    await aws('apply', ...webIdentity)
    const profile =
      'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-haiku-5-5'
    const Action = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']
    expect((await account.modelPolicy(roleName)).Statement).toEqual([
      { Sid: 'Profile', Effect: 'Allow', Action, Resource: profile },
      {
        Sid: 'ModelsBehindIt',
        Effect: 'Allow',
        Action,
        Resource: regions.map(
          region => `arn:aws:bedrock:${region}::foundation-model/anthropic.claude-haiku-5-5`,
        ),
        Condition: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
      },
    ])
  })

  it('prints the values that the chart wants', async () => {
    const { output } = await aws('apply', ...webIdentity)
    expect(parse(output.slice(output.indexOf('aws:')))).toEqual({
      aws: {
        region: 'eu-central-1',
        modelId: 'eu.anthropic.claude-haiku-5-5',
        auth: 'webIdentity',
        roleArn: 'arn:aws:iam::123456789012:role/entra-bedrock-agent',
      },
    })
  })

  it('changes nothing the second time', async () => {
    await aws('apply', ...webIdentity)
    account.requests.length = 0
    const before = readFileSync(receipt, 'utf8')
    const { output } = await aws('apply', ...webIdentity)
    expect(output.match(/^unchanged /gm)).toHaveLength(4)
    expect(account.writes).toEqual([])
    expect(readFileSync(receipt, 'utf8')).toBe(before)
  })

  it('corrects what differs, and only that', async () => {
    await aws('apply', ...webIdentity)
    account.requests.length = 0
    const { output } = await aws('apply', '--service-account', 'agents:other', '--cluster-issuer', issuer)
    expect(output).toContain('corrected  role entra-bedrock-agent')
    expect(account.writes).toEqual(['UpdateAssumeRolePolicy'])
  })

  it('takes the issuer from an EKS cluster that is named, and needs the cluster no more to clean up', async () => {
    await aws('apply', '--service-account', 'agents:demo-agent', '--cluster', 'prod')
    expect(await account.contents()).toContain(
      `arn:aws:iam::123456789012:oidc-provider/${eksIssuer.slice('https://'.length)}`,
    )
    account.denied = 'GET /clusters/prod'
    expect((await aws('destroy', '--yes')).exitCode).toBe(0)
    expect(await account.contents()).toEqual([])
  })

  it('goes on where it was broken off, after each single change', async () => {
    for (const writes of [1, 2, 3]) {
      await account.reset()
      await rm(receipt, { force: true })
      account.breaksAfterWrites = writes
      expect((await aws('apply', ...webIdentity)).exitCode).toBe(1)
      account.breaksAfterWrites = Number.POSITIVE_INFINITY
      expect((await aws('apply', ...webIdentity)).exitCode).toBe(0)
      expect((await aws('status')).exitCode).toBe(0)
      expect((await aws('destroy', '--yes')).exitCode).toBe(0)
      expect(await account.contents()).toEqual([])
    }
  })
})

describe('npm run aws, for EKS Pod Identity,', () => {
  it('associates one service account of one cluster with the role', async () => {
    const { output } = await aws('apply', ...podIdentity)
    expect(account.associations).toMatchObject([
      {
        clusterName: 'prod',
        namespace: 'agents',
        serviceAccount: 'demo-agent',
        roleArn: 'arn:aws:iam::123456789012:role/entra-bedrock-agent',
      },
    ])
    expect((await account.trustPolicy(roleName)).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:eu-central-1:123456789012:cluster/prod',
            'aws:RequestTag/kubernetes-namespace': 'agents',
            'aws:RequestTag/kubernetes-service-account': 'demo-agent',
          },
        },
      },
    ])
    expect(output).toContain('auth: podIdentity')
    account.requests.length = 0
    await aws('apply', ...podIdentity)
    expect(account.writes).toEqual([])
    const other = ['--service-account', 'agents:other', '--cluster', 'prod', '--pod-identity']
    expect((await aws('apply', ...other)).faults).toMatch(/another role, cluster or service account/)
    await aws('destroy', '--yes')
    expect(await account.contents()).toEqual([])
  })
})

describe('npm run aws -- status', () => {
  it('tells what is missing and what differs, and exits with 3', async () => {
    await aws('apply', ...webIdentity)
    expect((await aws('status')).exitCode).toBe(0)
    const saved = readFileSync(receipt, 'utf8')
    await aws('destroy', '--yes')
    writeFileSync(receipt, saved)
    const { exitCode, output } = await aws('status')
    expect(output.match(/^missing /gm)).toHaveLength(4)
    expect(exitCode).toBe(3)
  })
})

describe('npm run aws -- destroy', () => {
  it('leaves the account as it was', async () => {
    await aws('apply', ...webIdentity)
    expect((await aws('destroy', '--yes')).exitCode).toBe(0)
    expect(await account.contents()).toEqual([])
    expect(existsSync(receipt)).toBe(false)
  })

  it('deletes no provider that it did not make, and takes back the audience that it added', async () => {
    await makeProvider(['others.example'])
    await aws('apply', ...webIdentity)
    expect(await audiencesOf(provider)).toEqual(['others.example', 'sts.amazonaws.com'])
    const { output } = await aws('destroy', '--yes')
    expect(output).toContain('keep       OIDC provider')
    expect(await account.contents()).toEqual([provider])
    expect(await audiencesOf(provider)).toEqual(['others.example'])
  })

  it('leaves even the audience where that was there', async () => {
    await makeProvider(['sts.amazonaws.com'])
    await aws('apply', ...webIdentity)
    await aws('destroy', '--yes')
    expect(await audiencesOf(provider)).toEqual(['sts.amazonaws.com'])
  })

  it('asks first, and only shows with --dry-run', async () => {
    await aws('apply', ...webIdentity)
    account.requests.length = 0
    expect((await aws('destroy')).exitCode).toBe(1)
    expect((await aws('destroy', '--dry-run')).output).toContain('delete     role entra-bedrock-agent')
    expect(account.writes).toEqual([])
  })
})

describe('npm run aws refuses, in words,', () => {
  it.each([
    ['no command', [], /There are plan, apply, status, destroy/],
    ['a service account without a namespace', ['plan', '--service-account', 'agent'], /<namespace:name>/],
    ['no cluster', ['plan', '--service-account', 'a:b'], /get --raw/],
    [
      'an issuer that is not public',
      ['plan', '--service-account', 'a:b', '--cluster-issuer', 'http://x'],
      /https/,
    ],
    ['Pod Identity without a cluster', ['plan', '--service-account', 'a:b', '--pod-identity'], /--cluster/],
    ['to go by a receipt that is not there', ['status'], /npm run aws -- apply/],
  ])('%s', async (_what, args, words) => {
    const { exitCode, faults } = await aws(...args)
    expect(faults).toMatch(words)
    expect(exitCode).toBe(2)
    expect(account.requests).toEqual([])
  })

  it('a role of somebody else', async () => {
    await aws('apply', ...webIdentity)
    await rm(receipt)
    account.requests.length = 0
    const { exitCode, faults } = await aws('apply', ...webIdentity)
    expect(faults).toMatch(/role entra-bedrock-agent already.*--role-name/s)
    expect(exitCode).toBe(2)
    expect(account.writes).toEqual([])
  })

  it('the receipt of another cluster', async () => {
    await aws('apply', ...webIdentity)
    const { faults } = await aws('apply', ...podIdentity)
    expect(faults).toMatch(/another role, cluster/)
  })

  it('what AWS denies, with who may', async () => {
    account.denied = 'CreateRole'
    const { exitCode, faults } = await aws('apply', ...webIdentity)
    expect(faults).toMatch(/AccessDenied.*Fix: Let somebody run it who may/s)
    expect(exitCode).toBe(1)
    account.denied = undefined
    await aws('destroy', '--yes')
    expect(await account.contents()).toEqual([])
  })
})
