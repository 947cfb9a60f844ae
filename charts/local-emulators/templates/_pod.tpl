{{- define "emulators.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "emulators.labels" -}}
app.kubernetes.io/part-of: local-emulators
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "emulators.podSecurityContext" -}}
runAsNonRoot: true
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "emulators.containerSecurityContext" -}}
runAsUser: 10001
runAsGroup: 10001
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* The certificate authority of the cluster's API server, from which both emulators fetch the issuer's keys. */}}
{{- define "emulators.clusterAuthority" -}}
name: cluster-authority
configMap:
  name: kube-root-ca.crt
{{- end }}
