{{/* The parts of a pod that depend on sidecar.credential and aws.auth. Each credential is in one container only. */}}

{{/* The settings below AzureAd__ClientCredentials__0__, without secrets. */}}
{{- define "sidecar.credentialSettings" -}}
{{- $credential := .Values.sidecar.credential }}
{{- $type := $credential.type }}
{{- if eq $type "ClientSecret" }}
SourceType: ClientSecret
{{- else if eq $type "WorkloadIdentity" }}
{{- /* The webhook sets the path of its token. */}}
SourceType: SignedAssertionFilePath
{{- else if eq $type "ProjectedToken" }}
SourceType: SignedAssertionFilePath
SignedAssertionFileDiskPath: /var/run/secrets/blueprint/token
{{- else if eq $type "SignedAssertionFromManagedIdentity" }}
SourceType: SignedAssertionFromManagedIdentity
ManagedIdentityClientId: {{ $credential.managedIdentity.clientId | quote }}
{{- else if eq $type "KeyVault" }}
SourceType: KeyVault
KeyVaultUrl: {{ $credential.keyVault.url | quote }}
KeyVaultCertificateName: {{ $credential.keyVault.certificateName | quote }}
{{- else if eq $type "CertificateFile" }}
SourceType: Path
CertificateDiskPath: /var/run/secrets/blueprint/certificate.pfx
{{- else if eq $type "StoreWithThumbprint" }}
SourceType: StoreWithThumbprint
CertificateStorePath: CurrentUser/My
CertificateThumbprint: {{ $credential.storeWithThumbprint.thumbprint | upper | quote }}
{{- end }}
{{- end }}

{{/* The kind of credential that the page shows. */}}
{{- define "blueprintCredential" -}}
{{- $certificates := list "KeyVault" "CertificateFile" "StoreWithThumbprint" }}
{{- $type := .Values.sidecar.credential.type }}
{{- if has $type $certificates }}certificate{{ else if eq $type "ClientSecret" }}secret{{ else }}federated{{ end }}
{{- end }}

{{/* Secrets of the sidecar as environment variables. */}}
{{- define "sidecar.credentialEnv" -}}
{{- $credential := .Values.sidecar.credential }}
{{- if eq $credential.type "ClientSecret" }}
- name: AzureAd__ClientCredentials__0__ClientSecret
  valueFrom:
    secretKeyRef:
      name: {{ $credential.clientSecret.existingSecret | default (printf "%s-sidecar" (include "prefix" .)) }}
      key: {{ $credential.clientSecret.key }}
{{- else if and (eq $credential.type "CertificateFile") $credential.certificateFile.passwordKey }}
- name: AzureAd__ClientCredentials__0__CertificatePassword
  valueFrom:
    secretKeyRef:
      name: {{ $credential.certificateFile.existingSecret }}
      key: {{ $credential.certificateFile.passwordKey }}
{{- else if eq $credential.type "StoreWithThumbprint" }}
# .NET keeps the user's certificate store below HOME.
- {name: HOME, value: /var/run/secrets/blueprint}
{{- end }}
{{- end }}

{{- define "sidecar.credentialMount" -}}
{{- $type := .Values.sidecar.credential.type }}
{{- if has $type (list "ProjectedToken" "CertificateFile") }}
- {name: blueprint, mountPath: /var/run/secrets/blueprint, readOnly: true}
{{- else if eq $type "StoreWithThumbprint" }}
- {name: blueprint, mountPath: /var/run/secrets/blueprint/.dotnet/corefx/cryptography/x509stores/my, readOnly: true}
{{- end }}
{{- end }}

{{- define "sidecar.credentialVolume" -}}
{{- $credential := .Values.sidecar.credential }}
{{- if eq $credential.type "ProjectedToken" }}
- name: blueprint
  projected:
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ $credential.projectedToken.audience }}
          expirationSeconds: {{ $credential.projectedToken.expirationSeconds }}
{{- else if eq $credential.type "CertificateFile" }}
- name: blueprint
  secret:
    secretName: {{ $credential.certificateFile.existingSecret }}
    items: [{key: {{ $credential.certificateFile.key }}, path: certificate.pfx}]
{{- else if eq $credential.type "StoreWithThumbprint" }}
{{- $store := $credential.storeWithThumbprint }}
- name: blueprint
  secret:
    secretName: {{ $store.existingSecret }}
    items: [{key: {{ $store.key }}, path: {{ upper $store.thumbprint }}.pfx}]
{{- end }}
{{- end }}

{{/* Not empty when the webhook of AKS has to add its token to the pod. */}}
{{- define "sidecar.usesAzureWebhook" -}}
{{- $credential := .Values.sidecar.credential -}}
{{- if or (eq $credential.type "WorkloadIdentity") (and (eq $credential.type "KeyVault") $credential.keyVault.managedIdentityClientId) }}true{{ end -}}
{{- end }}

{{/* The agent's keys for AWS as environment variables. */}}
{{- define "agent.awsEnv" -}}
{{- $secret := .Values.aws.existingSecret | default (printf "%s-aws" (include "prefix" .)) }}
{{- $keys := dict "apiKey" (list "AWS_BEARER_TOKEN_BEDROCK") "staticKeys" (list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN") }}
{{- range dig .Values.aws.auth list $keys }}
- name: {{ . }}
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: {{ . }}, optional: {{ eq . "AWS_SESSION_TOKEN" }}}
{{- end }}
{{- end }}

{{- define "agent.awsMount" -}}
{{- if eq .Values.aws.auth "webIdentity" }}
- {name: aws-token, mountPath: /var/run/secrets/aws, readOnly: true}
{{- end }}
{{- end }}

{{- define "agent.awsVolume" -}}
{{- if eq .Values.aws.auth "webIdentity" }}
- name: aws-token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ .Values.aws.webIdentity.audience }}
          expirationSeconds: {{ .Values.aws.webIdentity.expirationSeconds }}
{{- end }}
{{- end }}
