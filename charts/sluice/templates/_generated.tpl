{{/* Text of a generated file with the release's names in place of the tokens. Usage: include "sluice.generated" (dict "root" $ "file" "files/rights.yaml") */}}
{{- define "sluice.generated" -}}
{{- .root.Files.Get .file
  | replace "__FULLNAME__" (include "sluice.fullname" .root)
  | replace "__NAMESPACE__" (include "sluice.namespace" .root)
  | replace "__CONTROLLER_USER__" (include "sluice.controllerUser" .root) -}}
{{- end -}}

{{/* Rules of a component, `cluster` or `own`. Usage: include "sluice.rules" (dict "root" $ "component" "router" "scope" "own") */}}
{{- define "sluice.rules" -}}
{{- $rights := include "sluice.generated" (dict "root" .root "file" "files/rights.yaml") | fromYaml -}}
{{- index $rights .component .scope | toYaml -}}
{{- end -}}

{{/* Which of the rights a component gets: with mounted certificates the webhook needs fewer. */}}
{{- define "sluice.rightsOf" -}}
{{- if and (eq .component "webhook") .root.Values.certManager.enabled -}}
webhookMounted
{{- else -}}
{{ .component }}
{{- end -}}
{{- end -}}
