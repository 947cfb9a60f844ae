{{/*
All pods of the agent share the keys that seal turns while they wait for their user. The chart makes no keys: its keys would change with
each rendering, or end up in a repository.
*/}}

{{/* Settings of the agent for turns that wait. */}}
{{- define "approval.settings" -}}
CONSENT_FROM_TURNS: {{ .Values.approval.consentFromTurns }}
{{- if .Values.approval.existingSecret }}
SEAL_KEYS_FILE: /etc/seal-keys/seal-keys
{{- with include "page.origin" . }}
CONSENT_REDIRECT_URI: {{ . }}/auth/consent.html
{{- end }}
{{- end }}
{{- with .Values.weatherApi.alerts }}
{{- if .enabled }}
WEATHER_API_ALERTS: true
WEATHER_API_UNATTENDED_TOOLS: {{ join "," .unattendedTools | quote }}
ALERTS_AUTH_CONTEXT: {{ .authContext | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Mounts a folder, since the kubelet never updates a file that is mounted by subPath. */}}
{{- define "approval.mount" -}}
{{- if .Values.approval.existingSecret }}
- {name: seal-keys, mountPath: /etc/seal-keys, readOnly: true}
{{- end }}
{{- end }}

{{- define "approval.volume" -}}
{{- with .Values.approval }}
{{- if .existingSecret }}
- name: seal-keys
  secret:
    secretName: {{ .existingSecret }}
    items: [{key: {{ .key }}, path: seal-keys}]
    # 0440: the agent reads it by the pod's group.
    defaultMode: 288
{{- end }}
{{- end }}
{{- end }}

{{/* The tools whose calls wait for their user, as text for messages: alerts, and MCP tools that are not in readOnlyTools. */}}
{{- define "approval.waitingTools" -}}
{{- $waiting := list }}
{{- if .Values.weatherApi.alerts.enabled }}{{ $waiting = append $waiting "weatherApi.alerts" }}{{ end }}
{{- range $name, $server := .Values.mcpServers }}
  {{- $changing := without $server.allowedTools "" }}
  {{- range $server.readOnlyTools }}{{ $changing = without $changing . }}{{ end }}
  {{- if and $changing (has "obo" ($server.flows | default (list "obo"))) }}
    {{- $waiting = append $waiting (printf "mcpServers.%s (%s)" $name (join ", " $changing)) }}
  {{- end }}
{{- end -}}
{{- join ", " $waiting }}
{{- end }}

{{/* The shell commands that make the Secret: (list $ <name of the Secret>). */}}
{{- define "approval.makeSecret" -}}
{{- $root := index . 0 }}
    printf '%s %s\n' key-1 "$(openssl rand -base64 32)" |
      kubectl -n {{ $root.Release.Namespace }} create secret generic {{ index . 1 }} --from-file={{ $root.Values.approval.key }}=/dev/stdin
{{- end }}

{{- define "checks.approval" -}}
{{- $agent := .Values.agent }}
{{- $pods := int (ternary $agent.autoscaling.maxReplicas $agent.replicas $agent.autoscaling.enabled) }}
{{- $waiting := include "approval.waitingTools" . }}
{{- if and $waiting (gt $pods 1) (not .Values.approval.existingSecret) }}
Calls of {{ $waiting }} wait for their user, and each pod of the agent has to know what another one asked: set approval.existingSecret to a Secret, which these two lines make:
{{- include "approval.makeSecret" (list . (printf "%s-seal-keys" (include "prefix" .))) }}
  or name MCP tools that only read in readOnlyTools, or have one pod of the agent.
{{- end }}
{{- range $name, $server := .Values.mcpServers }}
  {{- range $server.readOnlyTools }}
    {{- if not (has . $server.allowedTools) }}
mcpServers.{{ $name }}.readOnlyTools has {{ . }}, which is not in allowedTools.
    {{- end }}
  {{- end }}
  {{- range $server.unattendedTools }}
    {{- if not (has . $server.allowedTools) }}
mcpServers.{{ $name }}.unattendedTools has {{ . }}, which is not in allowedTools.
    {{- else if has . ($server.readOnlyTools | default list) }}
mcpServers.{{ $name }}.unattendedTools has {{ . }}, which is in readOnlyTools: remove it from one of them.
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
