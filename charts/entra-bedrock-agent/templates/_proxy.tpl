{{/* The forward proxy: its settings for each container, and the egress to it. */}}

{{- define "proxy.isOn" -}}
{{- if or .Values.proxy.https .Values.proxy.http .Values.proxy.existingSecret }}true{{ end -}}
{{- end }}

{{- define "proxy.settings" -}}
{{- if include "proxy.isOn" . }}
{{- $proxy := .Values.proxy }}
{{- $prefix := include "prefix" . }}
{{- /* Hosts that are called directly: this pod, the cluster's own names, and the nodes' metadata services. */}}
{{- $direct := list "localhost" "127.0.0.1" "::1" ".svc" ".cluster.local" (printf "%s-weather-api" $prefix) "169.254.169.254" "169.254.170.23" "fd00:ec2::23" }}
{{- /* Hosts with an egress of their own are called directly. */}}
{{- range concat (values .Values.downstreamApis) (values .Values.mcpServers) }}
  {{- if and .url .egress }}{{ $direct = append $direct (urlParse .url).hostname }}{{ end }}
{{- end }}
{{- if and .Values.telemetry.endpoint .Values.telemetry.egress }}
  {{- $direct = append $direct (urlParse .Values.telemetry.endpoint).hostname }}
{{- end }}
{{- dict "HTTPS_PROXY" (default $proxy.http $proxy.https) "HTTP_PROXY" (default $proxy.https $proxy.http) "NO_PROXY" (concat $direct $proxy.noProxy | uniq | join ",") | toYaml }}
{{- else }}
{{- dict | toYaml }}
{{- end }}
{{- end }}

{{/* The proxy URLs with user and password. They override the URLs of the settings. */}}
{{- define "proxy.env" -}}
{{- with .Values.proxy.existingSecret }}
- {name: HTTPS_PROXY, valueFrom: {secretKeyRef: {name: {{ . }}, key: HTTPS_PROXY}}}
- {name: HTTP_PROXY, valueFrom: {secretKeyRef: {name: {{ . }}, key: HTTP_PROXY, optional: true}}}
{{- end }}
{{- end }}

{{/* The egress to the proxy: the given rules, or else the address and port in the proxy's URL, if it has an IP address. */}}
{{- define "proxy.egress" -}}
{{- if .Values.proxy.egress }}
{{- toYaml .Values.proxy.egress }}
{{- else }}
{{- $url := urlParse (default .Values.proxy.http .Values.proxy.https) }}
{{- $isIPv6 := contains ":" $url.hostname }}
{{- if or $isIPv6 (regexMatch `^[0-9.]+$` $url.hostname) }}
{{- $port := regexFind `[0-9]+$` (trimPrefix $url.hostname $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) }}
- ports: [{port: {{ $port }}, protocol: TCP}]
  to:
    - ipBlock: {cidr: {{ printf "%s/%d" $url.hostname (ternary 128 32 $isIPv6) | quote }}}
{{- end }}
{{- end }}
{{- end }}
