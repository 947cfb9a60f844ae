{{/* Tracing variables besides the settings: (list $ "agent"). A variable has to precede variables that interpolate it. */}}
{{- define "telemetry.env" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- with $root.Values.telemetry }}
{{- if .endpoint }}
{{- range $name, $field := dict "POD_NAME" "metadata.name" "POD_UID" "metadata.uid" "NODE_NAME" "spec.nodeName" }}
- name: {{ $name }}
  valueFrom: {fieldRef: {fieldPath: {{ $field }}}}
{{- end }}
{{- $deployment := printf "%s-%s" (include "prefix" $root) $component }}
{{- $namespace := $root.Release.Namespace }}
{{- $attributes := dict
  "service.namespace" $root.Release.Name
  "service.instance.id" (printf "%s.$(POD_NAME).%s" $namespace $component)
  "k8s.namespace.name" $namespace
  "k8s.deployment.name" $deployment
  "k8s.pod.name" "$(POD_NAME)"
  "k8s.pod.uid" "$(POD_UID)"
  "k8s.node.name" "$(NODE_NAME)"
  "k8s.container.name" $component
}}
{{- range $name, $value := .resourceAttributes }}{{ $_ := set $attributes $name (urlquery (toString $value) | replace "+" "%20") }}{{ end }}
{{- $pairs := list }}
{{- range $name, $value := $attributes }}{{ $pairs = append $pairs (printf "%s=%s" $name $value) }}{{ end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ join "," $pairs | quote }}
{{- with .headersSecret }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom: {secretKeyRef: {name: {{ . }}, key: OTEL_EXPORTER_OTLP_HEADERS}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Keeps the OpenTelemetry operator from injecting a second SDK: with it, the service's own SDK would send nothing. */}}
{{- define "telemetry.annotations" -}}
{{- if .Values.telemetry.endpoint }}
instrumentation.opentelemetry.io/inject-nodejs: "false"
{{- end }}
{{- end }}

{{/* Egress to the collector. */}}
{{- define "telemetry.egress" -}}
{{- if .Values.telemetry.endpoint }}{{ with .Values.telemetry.egress }}{{ toYaml . }}{{ end }}{{ end }}
{{- end }}
