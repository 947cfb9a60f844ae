{{/*
Fails if the values cannot work, with all faults in one message: each check below writes a line for each fault. (values.schema.json
checks other faults before Helm renders a template, but reports them as JSON pointers.)
*/}}
{{- define "checks" -}}
{{- $faults := list }}
{{- range list "entra" "agents" "credential" "aws" "secrets" "signIn" "reach" "alerts" "approval" }}
  {{- $faults = append $faults (include (printf "checks.%s" .) $ | trim) }}
{{- end }}
{{- with compact $faults }}{{ fail (printf "\n\n%s\n" (join "\n" .)) }}{{ end }}
{{- end }}

{{- define "checks.entra" -}}
{{- range list "tenantId" "blueprintAppId" (ternary "agentClientId" "" (empty $.Values.agents)) | compact }}
  {{- if not (get $.Values.entra .) }}
entra.{{ . }} is not set.
  {{- end }}
{{- end }}
{{- if and .Values.entra.agentClientId (eq .Values.entra.agentClientId .Values.entra.blueprintAppId) }}
entra.agentClientId is the blueprint's id; it must be that of the agent identity, which was created from the blueprint.
{{- end }}
{{- if not (hasKey .Values.downstreamApis "weather") }}
downstreamApis.weather is missing; the agent's tools need it.
{{- end }}
{{- range $name, $api := .Values.downstreamApis }}
  {{- if not $api.appId }}
downstreamApis.{{ $name }}.appId is not set.
  {{- end }}
  {{- $url := include "apiUrl" (list $ $name $api) }}
  {{- if not $url }}
downstreamApis.{{ $name }}.url is not set.
  {{- else if and $api.url $.Values.networkPolicy.enabled (not $api.egress) (not (include "isPublicHttps" $url)) }}
downstreamApis.{{ $name }}.url is no public https address, and no policy lets the agent get there: set downstreamApis.{{ $name }}.egress.
  {{- end }}
{{- end }}
{{- $ownMcp := printf "http://%s-weather-api:8080/mcp" (include "prefix" .) }}
{{- range $name, $server := .Values.mcpServers }}
  {{- $api := include "mcp.downstreamApi" (list $name $server) }}
  {{- with get $.Values.downstreamApis $api }}
    {{- if ne (lower .appId) (lower $server.appId) }}
mcpServers.{{ $name }} shares the registration of downstreamApis.{{ $api }}, but their appId differs: set the same, or another mcpServers.{{ $name }}.downstreamApi.
    {{- end }}
  {{- end }}
  {{- if and $.Values.networkPolicy.enabled (not $server.egress) (not (include "isPublicHttps" $server.url)) (ne $server.url $ownMcp) }}
mcpServers.{{ $name }}.url is no public https address, and no policy lets the agent get there: set mcpServers.{{ $name }}.egress.
  {{- end }}
{{- end }}
{{- end }}

{{/* Checks of several agents of the blueprint. */}}
{{- define "checks.agents" -}}
{{- $agents := .Values.agents | default dict }}
{{- if and $agents .Values.entra.agentClientId }}
entra.agentClientId and agents are both set: make the former an entry of agents, and empty it.
{{- end }}
{{- if and (gt (len $agents) 1) (not .Values.defaultAgent) }}
defaultAgent is not set: name the one of agents that answers where none is named.
{{- else if and .Values.defaultAgent (not (hasKey $agents .Values.defaultAgent)) }}
defaultAgent is {{ .Values.defaultAgent }}, which is none of agents.
{{- end }}
{{- $apis := keys .Values.mcpServers }}
{{- range keys .Values.downstreamApis }}{{ $apis = append $apis (printf "%s-api" (kebabcase .)) }}{{ end }}
{{- $owners := dict (lower .Values.entra.blueprintAppId) "the blueprint" }}
{{- range $name, $agent := $agents }}
  {{- range list "title" "clientId" }}
    {{- if not (get $agent .) }}
agents.{{ $name }}.{{ . }} is not set.
    {{- end }}
  {{- end }}
  {{- $user := dig "agentUser" "objectId" "" $agent }}
  {{- if and (has "agent-user" ($agent.flows | default list)) (not $user) }}
agents.{{ $name }}.flows has agent-user, but the agent has no user account: set agents.{{ $name }}.agentUser.objectId.
  {{- end }}
  {{- range $field, $id := dict "clientId" ($agent.clientId | default "") "agentUser.objectId" $user }}
    {{- if and $id (hasKey $owners (lower $id)) }}
agents.{{ $name }}.{{ $field }} is the id of {{ get $owners (lower $id) }}; each has an id of its own.
    {{- else if $id }}
      {{- $_ := set $owners (lower $id) (printf "agents.%s.%s" $name $field) }}
    {{- end }}
  {{- end }}
  {{- range $agent.apis }}
    {{- if not (has . $apis) }}
agents.{{ $name }}.apis has {{ . }}, but there are only {{ sortAlpha $apis | join ", " }}.
    {{- end }}
  {{- end }}
  {{- if and $agent.requireSignIn (not $.Values.entra.spaAppId) }}
agents.{{ $name }}.requireSignIn is true, but nobody can sign in: set entra.spaAppId.
  {{- end }}
{{- end }}
{{- end }}

{{/* Not empty when a URL is https at a public host name. The policies allow such URLs anyway. */}}
{{- define "isPublicHttps" -}}
{{- if and (hasPrefix "https://" .) (contains "." (urlParse .).host) }}true{{ end }}
{{- end }}

{{- define "checks.credential" -}}
{{- $credential := .Values.sidecar.credential }}
{{- $type := $credential.type }}
{{- $account := .Values.agent.serviceAccount.annotations }}
{{- if eq $type "ClientSecret" }}
  {{- $secret := $credential.clientSecret }}
  {{- if not (or $secret.existingSecret $secret.value) }}
sidecar.credential.type is ClientSecret: set clientSecret.existingSecret, or clientSecret.value for trying out.
  {{- else if and $secret.existingSecret $secret.value }}
sidecar.credential.clientSecret has both existingSecret and value: remove value.
  {{- end }}
{{- end }}
{{- $owners := dict "clientSecret" "ClientSecret" "keyVault" "KeyVault" "certificateFile" "CertificateFile" "storeWithThumbprint" "StoreWithThumbprint" "managedIdentity" "SignedAssertionFromManagedIdentity" }}
{{- range $block, $owner := $owners }}
  {{- if and (ne $owner $type) (omit (get $credential $block) "key" | values | compact) }}
sidecar.credential.{{ $block }} is set, but sidecar.credential.type is {{ $type }}: set the type to {{ $owner }}, or empty {{ $block }}.
  {{- end }}
{{- end }}
{{- $required := dict "KeyVault" "keyVault.url keyVault.certificateName" "CertificateFile" "certificateFile.existingSecret" "StoreWithThumbprint" "storeWithThumbprint.thumbprint storeWithThumbprint.existingSecret" }}
{{- $missing := false }}
{{- range get $required $type | splitList " " | compact }}
  {{- $names := splitList "." . }}
  {{- if not (get (get $credential (first $names)) (last $names)) }}{{ $missing = true }}{{ end }}
{{- end }}
{{- if $missing }}
sidecar.credential.type is {{ $type }}: set {{ get $required $type | replace " " " and " }}.
{{- end }}
{{- /* Entra refuses a token that was acquired with a federated credential as the assertion for another one (AADSTS700231). */}}
{{- $annotated := get $account "azure.workload.identity/client-id" }}
{{- if and (eq $type "SignedAssertionFromManagedIdentity") (or $annotated (eq (get .Values.agent.podLabels "azure.workload.identity/use") "true")) }}
sidecar.credential.type is SignedAssertionFromManagedIdentity, but workload identity is switched on for the agent: a managed identity behind a federated credential is refused (AADSTS700231). Federate the ServiceAccount with the blueprint itself: type WorkloadIdentity or ProjectedToken.
{{- else if and (has $type (list "WorkloadIdentity" "ProjectedToken")) $annotated (ne $annotated .Values.entra.blueprintAppId) }}
The ServiceAccount's azure.workload.identity/client-id is {{ $annotated }}, not the blueprint: a managed identity behind a federated credential is refused (AADSTS700231). Remove the annotation, and federate the ServiceAccount with the blueprint itself.
{{- end }}
{{- /* AWS's token has another audience than Entra demands. */}}
{{- $awsToken := contains "amazonaws" $credential.projectedToken.audience }}
{{- range $name, $value := .Values.sidecar.env }}
  {{- if contains "eks.amazonaws.com" (toString $value) }}{{ $awsToken = true }}{{ end }}
{{- end }}
{{- if $awsToken }}
The sidecar is given AWS's token (audience sts.amazonaws.com), which Entra refuses: set sidecar.credential.type to ProjectedToken, with audience api://AzureADTokenExchange.
{{- end }}
{{- end }}

{{- define "checks.aws" -}}
{{- $aws := .Values.aws }}
{{- $auth := $aws.auth }}
{{- if and (ne $auth "none") (not $aws.region) }}
aws.auth is {{ $auth }}: set aws.region.
{{- else if and (eq $auth "none") $aws.region }}
aws.region is set, but aws.auth is none: say how the agent authenticates, or empty aws.region for direct mode only.
{{- end }}
{{- if and (has $auth (list "webIdentity" "irsa")) (not $aws.roleArn) }}
  {{- if or (eq $auth "webIdentity") .Values.agent.serviceAccount.create }}
aws.auth is {{ $auth }}: set aws.roleArn.
  {{- end }}
{{- else if and (not (has $auth (list "webIdentity" "irsa"))) $aws.roleArn }}
  {{- $hint := ternary "EKS knows the role of a ServiceAccount by its pod identity association" "only webIdentity and irsa use it" (eq $auth "podIdentity") }}
aws.roleArn is set, but aws.auth is {{ $auth }}: {{ $hint }}. Remove aws.roleArn.
{{- end }}
{{- if and (ne $auth "irsa") (hasKey .Values.agent.serviceAccount.annotations "eks.amazonaws.com/role-arn") }}
The ServiceAccount is annotated with eks.amazonaws.com/role-arn, but aws.auth is {{ $auth }}: set aws.auth to irsa, and aws.roleArn in place of the annotation.
{{- end }}
{{- $inValues := dict "apiKey" $aws.apiKey.value "staticKeys" (or $aws.staticKeys.accessKeyId $aws.staticKeys.secretAccessKey $aws.staticKeys.sessionToken) }}
{{- range $type, $value := $inValues }}
  {{- if eq $type $auth }}
    {{- if and $value $aws.existingSecret }}
aws.existingSecret and aws.{{ $type }} are both set: remove the latter.
    {{- else if not (or $value $aws.existingSecret) }}
aws.auth is {{ $type }}: set aws.existingSecret, or aws.{{ $type }} for trying out.
    {{- end }}
  {{- else if $value }}
aws.{{ $type }} is set, but aws.auth is {{ $auth }}: remove the keys, or set aws.auth to {{ $type }}.
  {{- end }}
{{- end }}
{{- if and (eq $auth "staticKeys") (not $aws.existingSecret) $inValues.staticKeys (not (and $aws.staticKeys.accessKeyId $aws.staticKeys.secretAccessKey)) }}
aws.staticKeys is incomplete: set accessKeyId and secretAccessKey.
{{- end }}
{{- if and $aws.existingSecret (not (hasKey $inValues $auth)) }}
aws.existingSecret is set, but aws.auth is {{ $auth }}: set aws.auth to apiKey or staticKeys.
{{- end }}
{{- end }}

{{/* Settings stand in the Deployment, which more people may read than Secrets. */}}
{{- define "checks.secrets" -}}
{{- range $component := list "agent" "sidecar" "weatherApi" }}
  {{- range $name, $value := (get $.Values $component).env }}
    {{- if or (include "isNameOfSecret" (list $name $value)) (include "holdsSecret" (list $name $value)) }}
{{ $component }}.env.{{ $name }} would stand in the Deployment: put it into a Secret, and name that in {{ $component }}.envFrom.
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Not empty when a setting is named like a secret: (list <name> <value>). */}}
{{- define "isNameOfSecret" -}}
{{- /* Turns clientSecret and ClientSecret into CLIENT_SECRET. */}}
{{- $split := regexReplaceAll `([a-z0-9])([A-Z])` (index . 0) `${1}_${2}` }}
{{- $words := regexReplaceAll `([A-Z])([A-Z][a-z])` $split `${1}_${2}` | upper }}
{{- $anywhere := `SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|TOKENS?|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET)KEYS?|CONNECTION_?STRINGS?(_.*)?` }}
{{- $asWord := `KEYS?|PWD|PASS|AUTH|AUTHORIZATION|BEARER|COOKIES?|DSN|JWT|PAT|SAS|ENCODED_VALUE|OTLP_([A-Z]+_)?HEADERS|BEARER_TOKEN_BEDROCK` }}
{{- /* A longer name (TOKEN_FILE, CLIENT_SECRET_ID) refers to a secret without being one, except with these endings. */}}
{{- $isSecret := regexMatch (printf `(%s|(^|_)(%s))(_*([0-9]+|VALUE|BASE64|JSON|PEM))*$` $anywhere $asWord) $words }}
{{- $isPublic := regexMatch `(PUBLIC_KEYS?|(MAX|MIN)_([A-Z]+_)*TOKENS)$` $words }}
{{- if and $isSecret (not $isPublic) (not (has (toString (index . 1)) (list "" "true" "false"))) }}true{{ end }}
{{- end }}

{{/* Not empty when a setting's value has a secret in it: (list <name> <value>). */}}
{{- define "holdsSecret" -}}
{{- $value := toString (index . 1) }}
{{- $patterns := list
  `//[^/?#@\s:\[]*:([^/?#@\s]+|[0-9]*[^0-9/?#@\s][^@\s]*)@`
  `(?i)(^|[;?&\s])(password|pwd|accountkey|sharedaccesskey|sharedaccesssignature|sig|token|(access|refresh|id)_?token|client_?secret|api_?key)\s*=\s*[^;&\s]`
  `-----BEGIN [A-Z ]*PRIVATE KEY`
  `(?i)^\s*(basic|bearer)\s+\S`
  `eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.`
}}
{{- /* Secrets and tokens in the form of Entra, Bedrock and GitHub. */}}
{{- $patterns = concat $patterns (list
  `(^|[^A-Za-z0-9_.~-])[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31}`
  `(^|\W)(ABSK[A-Za-z0-9+/]{40}|bedrock-api-key-)`
  `(^|\W)(gh[oprsu]_[A-Za-z0-9]{30}|github_pat_)`
) }}
{{- /* .NET accepts proxies without http:// too. */}}
{{- if hasSuffix "PROXY" (upper (index . 0)) }}{{ $patterns = append $patterns `^[^/?#@\s:]+:[^/?#@\s]+@` }}{{ end }}
{{- range $patterns }}{{ if regexMatch . $value }}true{{ end }}{{ end }}
{{- end }}

{{/* Checks of who may use the page. */}}
{{- define "checks.signIn" -}}
{{- $settings := include "agent.settings" . | fromYaml }}
{{- if and (eq $settings.REQUIRE_SIGN_IN "true") (not $settings.CLIENT_SPA_APP_ID) (not $settings.ALLOWED_CLIENTS) }}
  {{- if kindIs "bool" .Values.agent.requireSignIn }}
agent.requireSignIn is true, but nobody can sign in: set entra.spaAppId.
  {{- else }}
Others reach the page at {{ include "agent.isExposed" . }}, so users have to sign in, but nobody can: set entra.spaAppId, or agent.requireSignIn=false if whoever reaches the page may use the agent.
  {{- end }}
{{- end }}
{{- end }}

{{/* Checks of who reaches the page. */}}
{{- define "checks.reach" -}}
{{- $ingress := .Values.ingress }}
{{- if $ingress.enabled }}
  {{- if not $ingress.hosts }}
ingress.enabled: set ingress.hosts.
  {{- end }}
  {{- if not (or $ingress.tls.secretName $ingress.tls.byController) }}
ingress.enabled: browsers allow sign-in over https only; set ingress.tls.secretName, or ingress.tls.byController if the controller has the certificate.
  {{- end }}
{{- end }}
{{- $route := .Values.httpRoute }}
{{- if $route.enabled }}
  {{- if not $route.hostnames }}
httpRoute.enabled: set httpRoute.hostnames.
  {{- end }}
  {{- if not $route.parentRefs }}
httpRoute.enabled: set httpRoute.parentRefs.
  {{- end }}
  {{- range $route.parentRefs }}
    {{- if not .sectionName }}
httpRoute.parentRefs: browsers allow sign-in over https only; set sectionName to the https listener of the gateway {{ .name }}.
    {{- end }}
  {{- end }}
  {{- $turnSeconds := int .Values.agent.turnTimeoutSeconds }}
  {{- range $name, $duration := $route.timeouts }}
    {{- $seconds := mul (regexFind `^[0-9]+` $duration | int) (get (dict "s" 1 "m" 60 "h" 3600) (regexFind `[a-z]$` $duration)) }}
    {{- if and $seconds (le $seconds $turnSeconds) }}
httpRoute.timeouts.{{ $name }} is {{ $duration }}, but an answer may take {{ $turnSeconds }} seconds (agent.turnTimeoutSeconds): set it longer, or 0s for no limit.
    {{- end }}
  {{- end }}
{{- end }}
{{- if and .Values.route.enabled (not .Values.route.host) }}
route.enabled: set route.host.
{{- end }}
{{- if .Values.networkPolicy.enabled }}
  {{- $ways := list (ternary "an Ingress" "" $ingress.enabled) (ternary "an HTTPRoute" "" $route.enabled) (ternary "a Route" "" .Values.route.enabled) }}
  {{- $type := .Values.agent.service.type }}
  {{- $ways = append $ways (ternary "" (printf "a Service of type %s" $type) (eq $type "ClusterIP")) | compact }}
  {{- if and $ways (not .Values.networkPolicy.agent.ingressFrom) }}
The page has {{ join " and " $ways }}, but no policy lets requests from there reach the agent: set networkPolicy.agent.ingressFrom to the gateway's pods or addresses.
  {{- end }}
  {{- if and .Values.serviceMonitor.enabled (not .Values.networkPolicy.metricsFrom) }}
serviceMonitor.enabled, but no policy lets Prometheus reach the metrics: set networkPolicy.metricsFrom.
  {{- end }}
{{- end }}
{{- /* Blocks too wide for proxies: prefixes of /7 and shorter; in private ranges, shorter than /16 (IPv4) and /48 (IPv6). */}}
{{- $private := `10|192\.168|172\.(1[6-9]|2[0-9]|3[01])|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])` }}
{{- $tooWide := printf `/[0-7]$|^(%s)\..*/([89]|1[0-5])$|^(?i:f[cd]).*/([0-9]|[1-3][0-9]|4[0-7])$` $private }}
{{- range .Values.agent.trustedProxies }}
  {{- if regexMatch $tooWide . }}
agent.trustedProxies: {{ . }} is not a proxy but much of a network, and whoever has an address in it could pass for any client. Name the proxies' own addresses or subnets.
  {{- end }}
{{- end }}
{{- if and (include "proxy.isOn" .) .Values.networkPolicy.enabled (not (include "proxy.egress" . | trim)) }}
proxy: no policy lets the pods get to it, for its URL names no IP address: set proxy.egress.
{{- end }}
{{- $telemetry := .Values.telemetry }}
{{- if and $telemetry.endpoint .Values.networkPolicy.enabled (not $telemetry.egress) (not (include "isPublicHttps" $telemetry.endpoint)) }}
telemetry.endpoint is no public https address, and no policy lets the pods get there: set telemetry.egress.
{{- end }}
{{- if and .Values.agent.autoscaling.enabled (gt (int .Values.agent.autoscaling.minReplicas) (int .Values.agent.autoscaling.maxReplicas)) }}
agent.autoscaling.minReplicas is greater than maxReplicas.
{{- end }}
{{- end }}
