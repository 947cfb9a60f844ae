{{/* Settings of the weather API for its alerts. */}}
{{- define "alerts.settings" -}}
{{- with .Values.weatherApi.alerts }}
{{- if .enabled }}
ALERTS_FILE: /var/lib/weather-api/alerts.sqlite
ALERTS_AUTH_CONTEXT: {{ .authContext | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "alerts.mount" -}}
{{- if .Values.weatherApi.alerts.enabled }}
- {name: alerts, mountPath: /var/lib/weather-api}
{{- end }}
{{- end }}

{{- define "alerts.volume" -}}
{{- with .Values.weatherApi.alerts }}
{{- if .enabled }}
- name: alerts
  persistentVolumeClaim: {claimName: {{ .volume.existingClaim | default (printf "%s-weather-api-alerts" (include "prefix" $)) }}}
{{- end }}
{{- end }}
{{- end }}

{{/* Only one process at a time may write the alerts file, and the file has to outlive the pod. */}}
{{- define "checks.alerts" -}}
{{- $api := .Values.weatherApi }}
{{- with $api.alerts }}
{{- if .enabled }}
  {{- if ne (int $api.replicas) 1 }}
weatherApi.alerts are kept in a file that one pod writes: set weatherApi.replicas=1, or weatherApi.alerts.enabled=false.
  {{- end }}
  {{- if not (or .volume.existingClaim .volume.size) }}
weatherApi.alerts have no volume, and would be lost with the pod: set weatherApi.alerts.volume.existingClaim, or volume.size (and storageClass) for a new claim.
  {{- else if and .volume.existingClaim .volume.size }}
weatherApi.alerts.volume has both existingClaim and size: empty one of them.
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
