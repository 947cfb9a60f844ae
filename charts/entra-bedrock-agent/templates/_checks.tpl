{{/* Fails with a sentence for everything in the values that cannot work, all at once. */}}
{{- define "checks" -}}
{{- $faults := concat
  (include "checks.entra" . | fromJsonArray)
  (include "checks.credential" . | fromJsonArray)
  (include "checks.aws" . | fromJsonArray)
  (include "checks.secrets" . | fromJsonArray)
  (include "checks.signIn" . | fromJsonArray)
  (include "checks.reach" . | fromJsonArray)
}}
{{- if $faults }}{{ fail (printf "\n\n%s\n" (join "\n" $faults)) }}{{ end }}
{{- end }}

{{- define "checks.entra" -}}
{{- $faults := list }}
{{- range list "tenantId" "blueprintAppId" "agentClientId" }}
  {{- if not (get $.Values.entra .) }}{{ $faults = append $faults (printf "entra.%s is not set." .) }}{{ end }}
{{- end }}
{{- if and .Values.entra.agentClientId (eq .Values.entra.agentClientId .Values.entra.blueprintAppId) }}
  {{- $faults = append $faults "entra.agentClientId is the blueprint's id; it must be that of the agent identity, which was created from the blueprint." }}
{{- end }}
{{- if not (hasKey .Values.downstreamApis "weather") }}
  {{- $faults = append $faults "downstreamApis.weather is missing; the agent's tools need it." }}
{{- end }}
{{- range $name, $api := .Values.downstreamApis }}
  {{- if not $api.appId }}{{ $faults = append $faults (printf "downstreamApis.%s.appId is not set." $name) }}{{ end }}
  {{- $url := include "apiUrl" (list $ $name $api) }}
  {{- if not $url }}
    {{- $faults = append $faults (printf "downstreamApis.%s.url is not set." $name) }}
  {{- else if and $api.url $.Values.networkPolicy.enabled (not $api.egress) (not (and (hasPrefix "https://" $url) (contains "." (urlParse $url).host))) }}
    {{- $faults = append $faults (printf "downstreamApis.%s.url is no public https address, and no policy lets the agent get there: set downstreamApis.%s.egress." $name $name) }}
  {{- end }}
{{- end }}
{{- $ownMcp := printf "http://%s-weather-api:8080/mcp" (include "prefix" .) }}
{{- range $name, $server := .Values.mcpServers }}
  {{- $api := include "mcp.downstreamApi" (list $name $server) }}
  {{- with get $.Values.downstreamApis $api }}
    {{- if ne (lower .appId) (lower $server.appId) }}
      {{- $faults = append $faults (printf "mcpServers.%s shares the registration of downstreamApis.%s, but their appId differs: set the same, or another mcpServers.%s.downstreamApi." $name $api $name) }}
    {{- end }}
  {{- end }}
  {{- $isPublic := and (hasPrefix "https://" $server.url) (contains "." (urlParse $server.url).host) }}
  {{- if and $.Values.networkPolicy.enabled (not $server.egress) (not $isPublic) (ne $server.url $ownMcp) }}
    {{- $faults = append $faults (printf "mcpServers.%s.url is no public https address, and no policy lets the agent get there: set mcpServers.%s.egress." $name $name) }}
  {{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{- define "checks.credential" -}}
{{- $faults := list }}
{{- $credential := .Values.sidecar.credential }}
{{- $type := $credential.type }}
{{- $account := .Values.agent.serviceAccount.annotations }}
{{- if eq $type "ClientSecret" }}
  {{- $secret := $credential.clientSecret }}
  {{- if not (or $secret.existingSecret $secret.value) }}
    {{- $faults = append $faults "sidecar.credential.type is ClientSecret: set clientSecret.existingSecret, or clientSecret.value for trying out." }}
  {{- else if and $secret.existingSecret $secret.value }}
    {{- $faults = append $faults "sidecar.credential.clientSecret has both existingSecret and value: remove value." }}
  {{- end }}
{{- end }}
{{- $owners := dict "clientSecret" "ClientSecret" "keyVault" "KeyVault" "certificateFile" "CertificateFile" "storeWithThumbprint" "StoreWithThumbprint" "managedIdentity" "SignedAssertionFromManagedIdentity" }}
{{- range $block, $owner := $owners }}
  {{- if and (ne $owner $type) (omit (get $credential $block) "key" | values | compact) }}
    {{- $faults = append $faults (printf "sidecar.credential.%s is set, but sidecar.credential.type is %s: set the type to %s, or empty %s." $block $type $owner $block) }}
  {{- end }}
{{- end }}
{{- if and (eq $type "KeyVault") (not (and $credential.keyVault.url $credential.keyVault.certificateName)) }}
  {{- $faults = append $faults "sidecar.credential.type is KeyVault: set keyVault.url and keyVault.certificateName." }}
{{- end }}
{{- if and (eq $type "CertificateFile") (not $credential.certificateFile.existingSecret) }}
  {{- $faults = append $faults "sidecar.credential.type is CertificateFile: set certificateFile.existingSecret." }}
{{- end }}
{{- if and (eq $type "StoreWithThumbprint") (not (and $credential.storeWithThumbprint.thumbprint $credential.storeWithThumbprint.existingSecret)) }}
  {{- $faults = append $faults "sidecar.credential.type is StoreWithThumbprint: set storeWithThumbprint.thumbprint and storeWithThumbprint.existingSecret." }}
{{- end }}
{{- /* Entra refuses a token that it issued for a federated credential as another one's assertion (AADSTS700231). */}}
{{- $annotated := get $account "azure.workload.identity/client-id" }}
{{- if and (eq $type "SignedAssertionFromManagedIdentity") (or $annotated (eq (get .Values.agent.podLabels "azure.workload.identity/use") "true")) }}
  {{- $faults = append $faults "sidecar.credential.type is SignedAssertionFromManagedIdentity, but workload identity is switched on for the agent: a managed identity behind a federated credential is refused (AADSTS700231). Federate the ServiceAccount with the blueprint itself: type WorkloadIdentity or ProjectedToken." }}
{{- else if and (has $type (list "WorkloadIdentity" "ProjectedToken")) $annotated (ne $annotated .Values.entra.blueprintAppId) }}
  {{- $faults = append $faults (printf "The ServiceAccount's azure.workload.identity/client-id is %s, not the blueprint: a managed identity behind a federated credential is refused (AADSTS700231). Remove the annotation, and federate the ServiceAccount with the blueprint itself." $annotated) }}
{{- end }}
{{- /* AWS's token has another audience than Entra wants. */}}
{{- $awsToken := contains "amazonaws" $credential.projectedToken.audience }}
{{- range $name, $value := .Values.sidecar.env }}
  {{- if contains "eks.amazonaws.com" (toString $value) }}{{ $awsToken = true }}{{ end }}
{{- end }}
{{- if $awsToken }}
  {{- $faults = append $faults "The sidecar is given AWS's token (audience sts.amazonaws.com), which Entra refuses: set sidecar.credential.type to ProjectedToken, with audience api://AzureADTokenExchange." }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{- define "checks.aws" -}}
{{- $faults := list }}
{{- $aws := .Values.aws }}
{{- $auth := $aws.auth }}
{{- if and (ne $auth "none") (not $aws.region) }}
  {{- $faults = append $faults (printf "aws.auth is %s: set aws.region." $auth) }}
{{- else if and (eq $auth "none") $aws.region }}
  {{- $faults = append $faults "aws.region is set, but aws.auth is none: say how the agent authenticates, or empty aws.region for direct mode only." }}
{{- end }}
{{- if and (has $auth (list "webIdentity" "irsa")) (not $aws.roleArn) }}
  {{- if or (eq $auth "webIdentity") .Values.agent.serviceAccount.create }}
    {{- $faults = append $faults (printf "aws.auth is %s: set aws.roleArn." $auth) }}
  {{- end }}
{{- else if and (not (has $auth (list "webIdentity" "irsa"))) $aws.roleArn }}
  {{- $hint := ternary "EKS knows the role of a ServiceAccount by its pod identity association" "only webIdentity and irsa use it" (eq $auth "podIdentity") }}
  {{- $faults = append $faults (printf "aws.roleArn is set, but aws.auth is %s: %s. Remove aws.roleArn." $auth $hint) }}
{{- end }}
{{- if and (ne $auth "irsa") (hasKey .Values.agent.serviceAccount.annotations "eks.amazonaws.com/role-arn") }}
  {{- $faults = append $faults (printf "The ServiceAccount is annotated with eks.amazonaws.com/role-arn, but aws.auth is %s: set aws.auth to irsa, and aws.roleArn in place of the annotation." $auth) }}
{{- end }}
{{- $inValues := dict "apiKey" $aws.apiKey.value "staticKeys" (or $aws.staticKeys.accessKeyId $aws.staticKeys.secretAccessKey $aws.staticKeys.sessionToken) }}
{{- range $type, $value := $inValues }}
  {{- if eq $type $auth }}
    {{- if and $value $aws.existingSecret }}
      {{- $faults = append $faults (printf "aws.existingSecret and aws.%s are both set: remove the latter." $type) }}
    {{- else if not (or $value $aws.existingSecret) }}
      {{- $faults = append $faults (printf "aws.auth is %s: set aws.existingSecret, or aws.%s for trying out." $type $type) }}
    {{- end }}
  {{- else if $value }}
    {{- $faults = append $faults (printf "aws.%s is set, but aws.auth is %s: remove the keys, or set aws.auth to %s." $type $auth $type) }}
  {{- end }}
{{- end }}
{{- if and (eq $auth "staticKeys") (not $aws.existingSecret) $inValues.staticKeys (not (and $aws.staticKeys.accessKeyId $aws.staticKeys.secretAccessKey)) }}
  {{- $faults = append $faults "aws.staticKeys is incomplete: set accessKeyId and secretAccessKey." }}
{{- end }}
{{- if and $aws.existingSecret (not (hasKey $inValues $auth)) }}
  {{- $faults = append $faults (printf "aws.existingSecret is set, but aws.auth is %s: set aws.auth to apiKey or staticKeys." $auth) }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/* Settings go into ConfigMaps, which more people may read than Secrets. */}}
{{- define "checks.secrets" -}}
{{- $faults := list }}
{{- range $component := list "agent" "sidecar" "weatherApi" }}
  {{- range $name, $value := (get $.Values $component).env }}
    {{- if or (include "isNameOfSecret" (list $name $value)) (include "holdsSecret" (list $name $value)) }}
      {{- $faults = append $faults (printf "%s.env.%s would end in a ConfigMap: put it into a Secret, and name that in %s.envFrom." $component $name $component) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/* Not empty when a setting is named like a secret: (list <name> <value>). */}}
{{- define "isNameOfSecret" -}}
{{- /* clientSecret, ClientSecret and CLIENT_SECRET are alike. */}}
{{- $split := regexReplaceAll `([a-z0-9])([A-Z])` (index . 0) `${1}_${2}` }}
{{- $words := regexReplaceAll `([A-Z])([A-Z][a-z])` $split `${1}_${2}` | upper }}
{{- $anywhere := `SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|TOKENS?|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET)KEYS?|CONNECTION_?STRINGS?(_.*)?` }}
{{- $asWord := `KEYS?|PWD|PASS|AUTH|AUTHORIZATION|BEARER|COOKIES?|DSN|JWT|PAT|SAS|ENCODED_VALUE|OTLP_([A-Z]+_)?HEADERS|BEARER_TOKEN_BEDROCK` }}
{{- /* A name that goes on (TOKEN_FILE, CLIENT_SECRET_ID) is about a secret, save for these endings. */}}
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
{{- /* What Entra, Bedrock and GitHub issue. */}}
{{- $patterns = concat $patterns (list
  `(^|[^A-Za-z0-9_.~-])[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31}`
  `(^|\W)(ABSK[A-Za-z0-9+/]{40}|bedrock-api-key-)`
  `(^|\W)(gh[oprsu]_[A-Za-z0-9]{30}|github_pat_)`
) }}
{{- /* .NET takes proxies without http:// too. */}}
{{- if hasSuffix "PROXY" (upper (index . 0)) }}{{ $patterns = append $patterns `^[^/?#@\s:]+:[^/?#@\s]+@` }}{{ end }}
{{- range $patterns }}{{ if regexMatch . $value }}true{{ end }}{{ end }}
{{- end }}

{{/* Who may use the page. */}}
{{- define "checks.signIn" -}}
{{- $faults := list }}
{{- $settings := include "agent.settings" . | fromYaml }}
{{- if and (eq $settings.REQUIRE_SIGN_IN "true") (not $settings.CLIENT_SPA_APP_ID) (not $settings.ALLOWED_CLIENTS) }}
  {{- if kindIs "bool" .Values.agent.requireSignIn }}
    {{- $faults = append $faults "agent.requireSignIn is true, but nobody can sign in: set entra.spaAppId." }}
  {{- else }}
    {{- $faults = append $faults (printf "Others reach the page at %s, so users have to sign in, but nobody can: set entra.spaAppId, or agent.requireSignIn=false if whoever reaches the page may use the agent." (include "agent.isExposed" .)) }}
  {{- end }}
{{- end }}
{{- toJson $faults }}
{{- end }}

{{/* Who reaches the page. */}}
{{- define "checks.reach" -}}
{{- $faults := list }}
{{- $ingress := .Values.ingress }}
{{- if $ingress.enabled }}
  {{- if not $ingress.hosts }}{{ $faults = append $faults "ingress.enabled: set ingress.hosts." }}{{ end }}
  {{- if not (or $ingress.tls.secretName $ingress.tls.byController) }}
    {{- $faults = append $faults "ingress.enabled: browsers allow sign-in over https only; set ingress.tls.secretName, or ingress.tls.byController if the controller has the certificate." }}
  {{- end }}
{{- end }}
{{- $route := .Values.httpRoute }}
{{- if $route.enabled }}
  {{- if not $route.hostnames }}{{ $faults = append $faults "httpRoute.enabled: set httpRoute.hostnames." }}{{ end }}
  {{- if not $route.parentRefs }}{{ $faults = append $faults "httpRoute.enabled: set httpRoute.parentRefs." }}{{ end }}
  {{- range $route.parentRefs }}
    {{- if not .sectionName }}
      {{- $faults = append $faults (printf "httpRoute.parentRefs: browsers allow sign-in over https only; set sectionName to the https listener of the gateway %s." .name) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- if .Values.networkPolicy.enabled }}
  {{- if and (or $ingress.enabled $route.enabled) (not .Values.networkPolicy.agent.ingressFrom) }}
    {{- $faults = append $faults "An Ingress or HTTPRoute is on, but no policy lets it reach the agent: set networkPolicy.agent.ingressFrom to the gateway's pods or addresses." }}
  {{- end }}
  {{- if and .Values.serviceMonitor.enabled (not .Values.networkPolicy.metricsFrom) }}
    {{- $faults = append $faults "serviceMonitor.enabled, but no policy lets Prometheus reach the metrics: set networkPolicy.metricsFrom." }}
  {{- end }}
{{- end }}
{{- /* Anything of a /7 or shorter; the private ranges of IPv4 beyond a /16, of IPv6 beyond a /48. */}}
{{- $private := `10|192\.168|172\.(1[6-9]|2[0-9]|3[01])|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])` }}
{{- $tooWide := printf `/[0-7]$|^(%s)\..*/([89]|1[0-5])$|^(?i:f[cd]).*/([0-9]|[1-3][0-9]|4[0-7])$` $private }}
{{- range .Values.agent.trustedProxies }}
  {{- if regexMatch $tooWide . }}
    {{- $faults = append $faults (printf "agent.trustedProxies: %s is not a proxy but much of a network, and whoever has an address in it could pass for any client. Name the proxies' own addresses or subnets." .) }}
  {{- end }}
{{- end }}
{{- $telemetry := .Values.telemetry }}
{{- if and $telemetry.endpoint .Values.networkPolicy.enabled (not $telemetry.egress) (not (and (hasPrefix "https://" $telemetry.endpoint) (contains "." (urlParse $telemetry.endpoint).host))) }}
  {{- $faults = append $faults "telemetry.endpoint is no public https address, and no policy lets the pods get there: set telemetry.egress." }}
{{- end }}
{{- if and .Values.agent.autoscaling.enabled (gt (int .Values.agent.autoscaling.minReplicas) (int .Values.agent.autoscaling.maxReplicas)) }}
  {{- $faults = append $faults "agent.autoscaling.minReplicas is greater than maxReplicas." }}
{{- end }}
{{- toJson $faults }}
{{- end }}
