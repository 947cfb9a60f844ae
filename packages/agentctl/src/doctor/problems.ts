import { ProblemError, type ProblemKind } from '@entra-agents/service-kit'

/** Problems that only the doctor finds; all others have the codes of the agent. */
// biome-ignore format: table
export const doctorProblems = {
  CONFIGURATION_INVALID: { title: 'The configuration cannot work.', hint: 'Correct .env; .env.example says where each value is found.' },
  VARIABLE_OF_SHELL: { title: 'Variables of the shell win over those of .env.', hint: 'Take them out of the shell (unset NAME; in PowerShell Remove-Item Env:NAME), or make both the same.' },
  SECRET_STORED: { title: 'A secret is stored where federation needs none.', hint: 'Fine for trials. For production federate the service account with Entra and AWS (docs/aks.md, docs/eks.md), and delete the secret.' },
  CLOCK_WRONG: { title: 'The clock of this machine is wrong.', hint: 'Set the clock (NTP): Entra and AWS accept five minutes of difference.' },
  NAME_NOT_RESOLVED: { title: 'A host name cannot be resolved.', hint: 'Check its spelling, then the DNS of this machine (VPN, proxy, /etc/resolv.conf).' },
  TLS_FAILED: { title: 'This machine does not trust the certificate of a server, or the server has none.', hint: 'If the authority is your organisation’s, name the file with its certificate (PEM) by NODE_EXTRA_CA_CERTS, for the sidecar by SSL_CERT_FILE. If nobody knows it, somebody reads along.' },
  PAGE_ORIGIN_INSECURE: { title: 'The page is at an address where browsers allow no sign-in.', hint: 'Serve the page by https, or use it through http://localhost: elsewhere browsers have no crypto.subtle, and MSAL fails with pkce_not_created.' },
  REDIRECT_URI_NOT_REGISTERED: { title: 'Entra does not know the page’s redirect URI.', hint: 'Add it to the single-page application, under the platform “Single-page application”, not “Web”.' },
  CONSENT_URI_NOT_REGISTERED: { title: 'Users cannot be asked to consent while they chat.', hint: 'Register CONSENT_REDIRECT_URI as redirect URI of the blueprint, under the platform “Web”: `npx --no-install agentctl entra apply --consent-uri <uri>`' },
  CONTEXT_WITHOUT_POLICY: { title: 'An authentication context is demanded that proves nothing.', hint: 'Enable a Conditional Access policy that names it (docs/approval.md, “Step-up”), or demand none: ALERTS_AUTH_CONTEXT.' },
  RISKY_AGENTS_PASS: { title: 'An agent at risk goes on as before.', hint: 'Make a Conditional Access policy that blocks agents by agentIdRiskLevels, report-only at first. Needs licences for Entra ID Protection and agents.' },
  AGENT_POLICIES_WITHOUT_EFFECT: { title: 'What the tenant demands of agents has no effect.', hint: 'Use Conditional Access in place of security defaults, which exempt agents; block agents, since as far as anybody saw mfa demands nothing of them.' },
  POLICY_BLOCKS_AGENT: { title: 'A Conditional Access policy blocks the agent.', hint: 'Exclude the agent (excludeAgentIdServicePrincipals) or its user account (excludeUsers) from the policy, or make it report-only.' },
  SEAL_KEYS_MISSING: { title: 'Several pods of the agent have no common keys for turns that wait for their user.', hint: 'Make the Secret and set approval.existingSecret (docs/approval.md, “Seal keys”): else what one pod asked, another one refuses with APPROVAL_INVALID.' },
  TOOLS_WAIT: { title: 'All tools of an MCP server wait for approval, for nobody has said which ones only read.', hint: 'Name those that only read in readOnlyTools (docs/mcp.md); readOnlyTools: [] says that there are none.' },
  MCP_NO_ANSWER: { title: 'What is at the address does not answer as an MCP server.', hint: 'Clients send POST to exactly this address: check its path, the server’s log, and what is in between (gateway, proxy).' },
  MCP_OPEN: { title: 'The MCP server serves callers whose token nobody has checked.', hint: 'Check signature, issuer, audience and lifetime of the token of every request, before its body is read, as packages/tokens does.' },
  MCP_CHALLENGE: { title: 'The MCP server’s refusal does not lead clients to the sign-in.', hint: 'Respond 401 with WWW-Authenticate: Bearer resource_metadata="<URL of the metadata>", scope="<full scope>"; switch off redirects to a sign-in page.' },
  MCP_METADATA: { title: 'Clients cannot read the MCP server’s metadata (RFC 9728).', hint: 'Serve JSON with resource, authorization_servers and scopes_supported, without a token, at /.well-known/oauth-protected-resource and the same with the server’s path behind it.' },
  MCP_RESOURCE: { title: 'The resource that the MCP server’s metadata name does not fit.', hint: 'Make three the same, letter for letter: the server’s URL (with a path, no slash at its end), resource, and an Application ID URI of the API in Entra.' },
  MCP_SCOPES: { title: 'Entra refuses the scopes that the MCP server makes clients ask for.', hint: 'Name scopes of one API in full, in the challenge and in scopes_supported: api://<client id of the API>/<scope>.' },
  MCP_AUTHORITY: { title: 'The authorization server in the MCP server’s metadata is not as Entra names it.', hint: 'Name https://login.microsoftonline.com/<tenant id>/v2.0: the tenant’s id, not “common” or a domain, and /v2.0 without a slash behind it.' },
  MCP_CLIENT: { title: 'Entra does not let the MCP client sign users in.', hint: 'Register the client in the tenant, with its redirect URI under the platform “Mobile and desktop applications”: “Web” demands a secret (AADSTS7000218), “Single-page application” a browser (AADSTS9002327).' },
  MCP_REFRESH: { title: 'The MCP client has the same registration as the API.', hint: 'Register the client apart from the API; else only clients that repeat scope when they refresh stay signed in.' },
  SIDECAR_ARCHITECTURE: { title: 'The sidecar’s image is for another processor.', hint: 'Microsoft publishes the image for amd64 only: run it with --platform linux/amd64 and emulation, or schedule it on amd64 nodes.' },
  SIDECAR_TOO_OPEN: { title: 'The sidecar takes requests that it should refuse.', hint: 'Use the sidecar’s image 1.1.2 or newer, set AllowedHosts=localhost, and leave ASPNETCORE_ENVIRONMENT unset.' },
  CLUSTER_UNREACHABLE: { title: 'kubectl does not reach the cluster, or may not read the release.', hint: 'Check kubectl config current-context and --namespace; the doctor reads pods, configmaps, networkpolicies and ingresses, and forwards a port of the agent’s pod.' },
  RELEASE_NOT_FOUND: { title: 'There is no release of the chart in the namespace.', hint: 'Name it with --namespace and --release: helm list --all-namespaces.' },
  PODS_NOT_READY: { title: 'Pods of the release are not ready.', hint: 'Look at kubectl describe pod and kubectl logs of the pod (docs/kubernetes.md, “When it does not work”).' },
  SIDECAR_NOT_NATIVE: { title: 'The sidecar is no native one, so it may start after the agent and stop before it.', hint: 'Install the chart of this project: its sidecar is an init container with restartPolicy Always.' },
  TOKEN_MISPLACED: { title: 'A container holds a token that it does not need.', hint: 'Mount the token for Entra into the sidecar alone, the one for AWS into the agent alone, and none for the API server.' },
  ROLE_ACCESS_ADDED: { title: 'The agent’s role in AWS has more than the template gives it.', hint: 'Take it away, or give it to a role of its own: all pods of the ServiceAccount have it.' },
  ROLE_ACCESS_MISSING: { title: 'The agent’s role in AWS lacks what the template gives it.', hint: 'Deploy k8s/federation/aws.yaml again.' },
  PROXY_NOT_HONOURED: { title: 'A forward proxy is set, but not every call goes as it should.', hint: 'Set the chart’s value proxy in the place of variables of single containers; it knows what is called directly.' },
  ENTRA_SET_UP_DIFFERS: { title: 'The tenant is not as the set-up made it.', hint: '`npx --no-install agentctl entra status` shows what differs, `apply` corrects it; what somebody switched off, `enable` switches on.' },
  ENTRA_ACCESS_ADDED: { title: 'The blueprint or an agent has rights that nobody asked for.', hint: '`npx --no-install agentctl entra blast-radius` shows all of it. Take away what is not meant (Entra admin center); what an agent inherits is taken away at the blueprint’s principal.' },
  SPONSOR_MISSING: { title: 'Nobody answers for an agent or its blueprint.', hint: 'Name somebody: `npx --no-install agentctl entra apply --sponsor <user>`' },
  POLICY_MISSING: { title: 'No NetworkPolicy guards a pod of the release.', hint: 'Set networkPolicy.enabled=true.' },
  PAGE_OPEN: { title: 'Whoever reaches the page uses the agent, without signing in.', hint: 'Set agent.requireSignIn=true and entra.spaAppId, unless a proxy in front of the page has a sign-in of its own.' },
  POLICY_NOT_ENFORCED: { title: 'The cluster’s network does not enforce NetworkPolicies.', hint: 'Choose a network that enforces them: on AKS --network-dataplane cilium, on EKS enableNetworkPolicy of the VPC CNI.' },
  NO_ANSWER: { title: 'A check got no answer in time.', hint: 'What it asks hangs: look at its log, and at what is in between (proxy, VPN, firewall).' },
  CHECK_FAILED: { title: 'A check came to no result, since it met what it does not expect.', hint: 'Look at what it asks: something else may respond there.' },
  NOT_CHECKED: { title: 'The doctor could not look.', hint: 'Solve the other findings first, then ask the doctor again.' },
} as const satisfies Record<string, Omit<ProblemKind, 'status'>>

/** Makes a problem of the doctor’s own. */
export function trouble(code: keyof typeof doctorProblems, detail: string, hint?: string): ProblemError {
  return new ProblemError(code, { status: 500, ...doctorProblems[code] }, detail, { hint })
}
