{{/*
Roles and bindings of a component. `annotations` (a map) makes them hooks. Usage: include "sluice.rights" (dict "root" $ "component"
"router" "account" NAME "annotations" MAP)
*/}}
{{- define "sluice.rights" -}}
{{- $root := .root -}}
{{- $name := include "sluice.componentName" . -}}
{{- $rights := include "sluice.rightsOf" . -}}
{{- $labels := include "sluice.labels" . -}}
{{- $annotations := .annotations -}}
{{- $account := .account -}}
{{- /* The rules for every namespace are bound in one only. */}}
{{- $isNarrow := and (eq .component "controller") $root.Values.controller.namespaced -}}
{{- range $scope := list "cluster" "own" }}
{{- $rules := include "sluice.rules" (dict "root" $root "component" $rights "scope" $scope) }}
{{- $kind := ternary "ClusterRole" "Role" (eq $scope "cluster") }}
{{- if ne $rules "[]" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $name }}
  {{- if eq $scope "own" }}
  namespace: {{ include "sluice.namespace" $root }}
  {{- end }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
rules:
  {{- $rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ ternary "Role" $kind (and $isNarrow (eq $scope "cluster")) }}Binding
metadata:
  name: {{ $name }}{{ if and $isNarrow (eq $scope "cluster") }}-objects{{ end }}
  {{- if or $isNarrow (eq $scope "own") }}
  namespace: {{ include "sluice.namespace" $root }}
  {{- end }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ $account }}
    namespace: {{ include "sluice.namespace" $root }}
{{- end }}
{{- end }}
{{- end -}}
