{{/*
The variables of each container. `env` in the values overrides them; empty variables are left out. They stand in the pod template, where they override
`envFrom`: changing them takes the right to change the Deployment.
*/}}

{{- define "agent.settings" -}}
{{- $aws := .Values.aws }}
{{- $turnMs := printf "%d000" (int .Values.agent.turnTimeoutSeconds) }}
{{- $settings := dict
  "HOST" .Values.listenAddress
  "PORT" 3001
  "METRICS_PORT" 9464
  "LOG_LEVEL" .Values.agent.logLevel
  "ALLOWED_HOSTS" (include "allowedHosts" .)
  "TRUSTED_PROXIES" (join "," .Values.agent.trustedProxies)
  "REQUIRE_SIGN_IN" (include "agent.requireSignIn" .)
  "TRACE_FOR" (include "agent.traceFor" .)
  "TRACE_LINKS" (include "agent.traceLinks" .)
  "TURN_TIMEOUT_MS" $turnMs
  "STOP_TIMEOUT_MS" $turnMs
  "TURN_INPUT_TOKENS" (printf "%d" (int .Values.agent.turnInputTokens))
  "SIDECAR_URL" "http://localhost:5000"
  "TENANT_ID" .Values.entra.tenantId
  "BLUEPRINT_APP_ID" .Values.entra.blueprintAppId
  "BLUEPRINT_CREDENTIAL" (include "blueprintCredential" .)
  "AGENT_CLIENT_ID" .Values.entra.agentClientId
  "CLIENT_SPA_APP_ID" .Values.entra.spaAppId
  "ENTRA_AUTHORITY" (trimSuffix "/" .Values.entra.authority)
  "AWS_REGION" $aws.region
  "BEDROCK_MODEL_ID" $aws.modelId
  "BEDROCK_PROMPT_CACHE" $aws.promptCache
  "OTEL_EXPORTER_OTLP_ENDPOINT" .Values.telemetry.endpoint
  "OTEL_TRACES_SAMPLER_ARG" (ternary "" (toString .Values.telemetry.samplingRatio) (empty .Values.telemetry.endpoint))
  "NODE_EXTRA_CA_CERTS" (include "caFile" .)
}}
{{- range $name, $content := include "agent.files" . | fromYaml }}
  {{- $variable := printf "%s_CONFIG" (upper $name) }}
  {{- $settings = merge $settings (dict $variable (printf "/etc/%s/%s.json" $name $name) (printf "%s_SHA256" $variable) (sha256sum $content)) }}
{{- end }}
{{- if eq $aws.auth "webIdentity" }}
  {{- $settings = merge $settings (dict "AWS_ROLE_ARN" $aws.roleArn "AWS_WEB_IDENTITY_TOKEN_FILE" "/var/run/secrets/aws/token") }}
{{- end }}
{{- range $name, $api := .Values.downstreamApis }}
  {{- $variable := $name | snakecase | upper }}
  {{- $_ := set $settings (printf "%s_API_URL" $variable) (include "apiUrl" (list $ $name $api)) }}
  {{- $_ := set $settings (printf "%s_API_APP_ID" $variable) $api.appId }}
{{- end }}
{{- $settings = merge $settings (include "approval.settings" . | fromYaml) }}
{{- $settings = merge $settings (include "proxy.settings" . | fromYaml) }}
{{- include "settings" (list $settings .Values.agent.env) }}
{{- end }}

{{- define "sidecar.settings" -}}
{{- $address := .Values.listenAddress | default "+" }}
{{- if contains ":" $address }}{{ $address = printf "[%s]" $address }}{{ end }}
{{- $settings := dict
  "ASPNETCORE_ENVIRONMENT" "Production"
  "ASPNETCORE_URLS" (printf "http://%s:5000" (ternary "localhost" $address .Values.sidecar.loopbackOnly))
  "AllowedHosts" "localhost"
  "DOTNET_EnableDiagnostics" 0
  "Logging__LogLevel__Default" "Warning"
  "AzureAd__Instance" (printf "%s/" (trimSuffix "/" .Values.entra.authority))
  "AzureAd__TenantId" .Values.entra.tenantId
  "AzureAd__ClientId" .Values.entra.blueprintAppId
  "Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated" true
  "SSL_CERT_DIR" (ternary "/etc/extra-ca" "" (ne .Values.extraCaCertificates.configMap ""))
  "NODE_EXTRA_CA_CERTS" (include "caFile" .)
}}
{{- range $key, $value := include "sidecar.credentialSettings" . | fromYaml }}
  {{- $_ := set $settings (printf "AzureAd__ClientCredentials__0__%s" $key) $value }}
{{- end }}
{{- range $name, $api := .Values.downstreamApis }}
  {{- /* One entry for each flow: the first as the agent itself, the second on behalf of the user. */}}
  {{- range $entry, $asApp := dict (printf "%sApp" $name) true $name false }}
    {{- $_ := set $settings (printf "DownstreamApis__%s__BaseUrl" $entry) (include "apiUrl" (list $ $name $api)) }}
    {{- $_ := set $settings (printf "DownstreamApis__%s__Scopes__0" $entry) (printf "api://%s/.default" $api.appId) }}
    {{- $_ := set $settings (printf "DownstreamApis__%s__RequestAppToken" $entry) $asApp }}
  {{- end }}
{{- end }}
{{- if .Values.weatherApi.alerts.enabled }}
  {{- /* On behalf of users, the entry requests only the right to alerts: if it requested other scopes, too, Entra would not report a missing consent to this one. */}}
  {{- $weather := .Values.downstreamApis.weather }}
  {{- $settings = merge $settings (dict
    "DownstreamApis__weatherAlerts__BaseUrl" (include "apiUrl" (list $ "weather" $weather))
    "DownstreamApis__weatherAlerts__Scopes__0" (printf "api://%s/Alerts.ReadWrite" $weather.appId)
    "DownstreamApis__weatherAlerts__RequestAppToken" false)
  }}
{{- end }}
{{- range $name, $server := .Values.mcpServers }}
  {{- $api := include "mcp.downstreamApi" (list $name $server) }}
  {{- if not (hasKey $.Values.downstreamApis $api) }}
    {{- range $entry, $asApp := dict (printf "%sApp" $api) true $api false }}
      {{- $_ := set $settings (printf "DownstreamApis__%s__BaseUrl" $entry) $server.url }}
      {{- $_ := set $settings (printf "DownstreamApis__%s__Scopes__0" $entry) (printf "api://%s/.default" $server.appId) }}
      {{- $_ := set $settings (printf "DownstreamApis__%s__RequestAppToken" $entry) $asApp }}
    {{- end }}
  {{- end }}
{{- end }}
{{- $settings = merge $settings (include "proxy.settings" . | fromYaml) }}
{{- include "settings" (list $settings .Values.sidecar.env) }}
{{- end }}

{{- define "weatherApi.settings" -}}
{{- $settings := dict
  "HOST" .Values.listenAddress
  "PORT" 8080
  "METRICS_PORT" 9464
  "LOG_LEVEL" .Values.weatherApi.logLevel
  "TENANT_ID" .Values.entra.tenantId
  "ENTRA_AUTHORITY" (trimSuffix "/" .Values.entra.authority)
  "WEATHER_API_APP_ID" .Values.downstreamApis.weather.appId
  "AGENT_CLIENT_ID" (include "agents.clientIds" .)
  "WEATHER_ALLOWED_CALLERS" (include "weatherApi.callers" .)
  "AGENT_USERS" (include "weatherApi.agentUsers" .)
  "WEATHER_DENY_LIST" (ternary "/etc/deny-list/deny-list.json" "" (ne .Values.denyList.configMap ""))
  "WEATHER_PROVIDER" .Values.weatherApi.provider
  "PUBLIC_URL" .Values.weatherApi.publicUrl
  "OTEL_EXPORTER_OTLP_ENDPOINT" .Values.telemetry.endpoint
  "OTEL_TRACES_SAMPLER_ARG" (ternary "" (toString .Values.telemetry.samplingRatio) (empty .Values.telemetry.endpoint))
  "ALLOWED_HOSTS" (include "weatherApi.hosts" .)
  "NODE_EXTRA_CA_CERTS" (include "caFile" .)
}}
{{- if .Values.weatherApi.debug.skipSignature }}
  {{- /* In production the service refuses to skip the signature check. */}}
  {{- $settings = merge $settings (dict "VALIDATE_TOKEN_SIGNATURE" "false" "NODE_ENV" "development") }}
{{- end }}
{{- $settings = merge $settings (include "alerts.settings" . | fromYaml) }}
{{- $settings = merge $settings (include "proxy.settings" . | fromYaml) }}
{{- include "settings" (list $settings .Values.weatherApi.env) }}
{{- end }}

{{/* The sidecar's entry for an MCP server: (list "my-notes" <its values>). */}}
{{- define "mcp.downstreamApi" -}}
{{- $camel := index . 0 | replace "-" "_" | camelcase -}}
{{- (index . 1).downstreamApi | default (printf "%s%s" (substr 0 1 (index . 0)) (substr 1 -1 $camel)) -}}
{{- end }}

{{/* The file that MCP_CONFIG names. */}}
{{- define "mcp.config" -}}
{{- if .Values.mcpServers }}
{{- $servers := dict }}
{{- range $name, $server := .Values.mcpServers }}
  {{- $api := include "mcp.downstreamApi" (list $name $server) }}
  {{- $_ := set $servers $name (merge (dict "downstreamApi" $api) (omit $server "egress")) }}
{{- end }}
{{- dict "mcpServers" $servers | toPrettyJson }}
{{- end }}
{{- end }}

{{/* The ids of the agents, separated by commas. */}}
{{- define "agents.clientIds" -}}
{{- $ids := list }}
{{- range .Values.agents }}{{ $ids = append $ids .clientId }}{{ end -}}
{{- $ids | default (list .Values.entra.agentClientId) | join "," }}
{{- end }}

{{/* The file that AGENTS_CONFIG names. */}}
{{- define "agents.config" -}}
{{- with .Values.agents }}
{{- dict "agents" . "default" (include "agents.default" $) | toPrettyJson }}
{{- end }}
{{- end }}

{{/* The name of the agent that answers requests that name no agent. */}}
{{- define "agents.default" -}}
{{- .Values.defaultAgent | default (keys .Values.agents | sortAlpha | first) }}
{{- end }}

{{/* The agents with this flow that anybody who reaches the page may use without signing in: (list $ <flow>). */}}
{{- define "agents.openIn" -}}
{{- $root := index . 0 }}
{{- $flow := index . 1 }}
{{- $demanded := (include "agent.settings" $root | fromYaml).REQUIRE_SIGN_IN }}
{{- $names := list }}
{{- range $name, $agent := $root.Values.agents }}
  {{- $isOpen := dig "requireSignIn" $demanded $agent | toString | ne "true" }}
  {{- if and $isOpen (has $flow ($agent.flows | default (list "autonomous" "obo"))) }}{{ $names = append $names $name }}{{ end }}
{{- end -}}
{{- if include "agent.isExposed" $root }}{{ join ", " $names }}{{ end -}}
{{- end }}

{{- define "weatherApi.callers" -}}
{{- .Values.weatherApi.allowedCallers | join "," | default (include "agents.clientIds" .) }}
{{- end }}

{{/* The user accounts of the agents that may call the weather API, each with its agent. */}}
{{- define "weatherApi.agentUsers" -}}
{{- $callers := include "weatherApi.callers" . | lower | splitList "," }}
{{- $pairs := list }}
{{- range .Values.agents }}
  {{- $user := dig "agentUser" "objectId" "" . }}
  {{- if and $user (has (lower .clientId) $callers) }}{{ $pairs = append $pairs (printf "%s=%s" .clientId $user) }}{{ end }}
{{- end -}}
{{- join "," $pairs }}
{{- end }}

{{/*
The agent's files by name. Each is in an immutable ConfigMap, whose name changes with the content. Who may delete ConfigMaps can make another one of
the same name, so the agent compares each file with its hash in the pod template.
*/}}
{{- define "agent.files" -}}
{{- range $name := list "agents" "mcp" }}
{{- with include (printf "%s.config" $name) $ }}
{{ $name }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- end }}

{{/* The name of a file's ConfigMap: (list $ <name> <content>). */}}
{{- define "agent.fileConfigMap" -}}
{{ include "prefix" (index . 0) }}-{{ index . 1 }}-{{ index . 2 | sha256sum | trunc 10 }}
{{- end }}

{{- define "agent.fileMounts" -}}
{{- range $name, $_ := include "agent.files" . | fromYaml }}
- {name: {{ $name }}, mountPath: /etc/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}

{{- define "agent.fileVolumes" -}}
{{- range $name, $content := include "agent.files" . | fromYaml }}
- name: {{ $name }}
  configMap: {name: {{ include "agent.fileConfigMap" (list $ $name $content) }}}
{{- end }}
{{- end }}

{{/* Mounts a folder, since the kubelet never updates a file that is mounted by subPath. */}}
{{- define "denyList.mount" -}}
{{- if .Values.denyList.configMap }}
- {name: deny-list, mountPath: /etc/deny-list, readOnly: true}
{{- end }}
{{- end }}

{{- define "denyList.volume" -}}
{{- with .Values.denyList.configMap }}
- name: deny-list
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}

{{/* A container's list of variables: (list <settings> <items> <items>…). Items override settings of the same name. */}}
{{- define "env" -}}
{{- $items := rest . | join "" }}
{{- $settings := first . | fromYaml }}
{{- range fromYamlArray $items }}{{ $_ := unset $settings .name }}{{ end }}
{{- range $name, $value := $settings }}
{{- /* Kubernetes would replace $(NAME), and reads $$ as $. */}}
- {name: {{ $name }}, value: {{ replace "$" "$$" $value | quote }}}
{{- end }}
{{- $items }}
{{- end }}

{{/* Settings as lines, without empty ones: (list <settings> <env in the values>). */}}
{{- define "settings" -}}
{{- $settings := index . 0 -}}
{{- range $name, $value := index . 1 }}{{ $_ := set $settings $name $value }}{{ end -}}
{{- range $name, $value := $settings }}
{{- /* Helm reads numbers as floating-point ones. */}}
{{- with kindIs "float64" $value | ternary (int64 $value) $value | toString }}
{{ $name }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Host names that the agent accepts. */}}
{{- define "allowedHosts" -}}
{{- $hosts := concat (list "localhost" "127.0.0.1" "[::1]") .Values.agent.allowedHosts -}}
{{- if .Values.ingress.enabled }}{{ $hosts = concat $hosts .Values.ingress.hosts }}{{ end -}}
{{- if .Values.httpRoute.enabled }}{{ $hosts = concat $hosts .Values.httpRoute.hostnames }}{{ end -}}
{{- if .Values.route.enabled }}{{ $hosts = append $hosts .Values.route.host }}{{ end -}}
{{ $hosts | uniq | join "," }}
{{- end }}

{{/*
Not empty when others than users of kubectl port-forward reach the page: the agent accepts a host name besides localhost, or its Service has
an address outside the cluster, where anybody may send localhost as the host name.
*/}}
{{- define "agent.isExposed" -}}
{{- $hosts := get .Values.agent.env "ALLOWED_HOSTS" | default (include "allowedHosts" .) | nospace | splitList "," -}}
{{- $type := .Values.agent.service.type -}}
{{- if ne $type "ClusterIP" }}{{ $hosts = append $hosts (printf "a Service of type %s" $type) }}{{ end -}}
{{- without $hosts "localhost" "127.0.0.1" "[::1]" | join "," -}}
{{- end }}

{{/* The page's origin. Empty when browsers reach the page only by kubectl port-forward. */}}
{{- define "page.origin" -}}
{{- if .Values.httpRoute.enabled -}}
https://{{ first .Values.httpRoute.hostnames }}
{{- else if .Values.ingress.enabled -}}
https://{{ first .Values.ingress.hosts }}
{{- else if .Values.route.enabled -}}
https://{{ .Values.route.host }}
{{- end -}}
{{- end }}

{{- define "agent.requireSignIn" -}}
{{- $stated := .Values.agent.requireSignIn -}}
{{- kindIs "bool" $stated | ternary $stated (include "agent.isExposed" . | empty | not) -}}
{{- end }}

{{- define "agent.traceFor" -}}
{{- .Values.agent.traceFor | default (include "agent.isExposed" . | empty | ternary "everyone" "signed-in") -}}
{{- end }}

{{/* Without the links that are not set; empty if none is. Not by toJson, which writes & as a code. */}}
{{- define "agent.traceLinks" -}}
{{- $links := dict -}}
{{- range $name, $template := .Values.agent.traceLinks }}{{ if $template }}{{ $_ := set $links $name $template }}{{ end }}{{ end -}}
{{- if $links }}{{ toRawJson $links }}{{ end -}}
{{- end }}

{{/* Host names that the weather API accepts at /mcp: those of its Service. */}}
{{- define "weatherApi.hosts" -}}
{{- $name := printf "%s-weather-api" (include "prefix" .) -}}
{{- $full := printf "%s.%s.svc" $name .Release.Namespace -}}
{{ list "localhost" "127.0.0.1" "[::1]" $name (trimSuffix ".svc" $full) $full (printf "%s.cluster.local" $full) | join "," }}
{{- end }}

{{/* Address of an API: (list $ "weather" <its values>). */}}
{{- define "apiUrl" -}}
{{- $root := index . 0 -}}
{{- $own := and (eq (index . 1) "weather") $root.Values.weatherApi.enabled -}}
{{- (index . 2).url | default (ternary (printf "http://%s-weather-api:8080" (include "prefix" $root)) "" $own) -}}
{{- end }}

{{- define "caFile" -}}
{{- if .Values.extraCaCertificates.configMap }}/etc/extra-ca/ca.crt{{ end -}}
{{- end }}
