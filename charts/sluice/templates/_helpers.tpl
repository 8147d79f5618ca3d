{{/* Name of the chart, or nameOverride. */}}
{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
Base of every object's name: fullnameOverride, or the release's name with the chart's in it once. At most 40 characters, so that
the longest suffix (a component and a purpose) still fits a label's 63.
*/}}
{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "sluice.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Namespace of the namespaced objects: namespaceOverride, or the release's. */}}
{{- define "sluice.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Name and version, as a label's value. */}}
{{- define "sluice.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
Labels that select the pods of a component; they never change for a release. app.kubernetes.io/name is always `sluice`: our
processes find each other by it, and by the instance.
Usage: include "sluice.selectorLabels" (dict "root" $ "component" "router"); without a component: all pods of the release.
*/}}
{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/*
Labels of every object. Usage: include "sluice.labels" (dict "root" $ "component" "router"); the component may be absent.
*/}}
{{- define "sluice.labels" -}}
helm.sh/chart: {{ include "sluice.chart" .root }}
{{ include "sluice.selectorLabels" . }}
app.kubernetes.io/part-of: sluice
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- if .root.Chart.AppVersion }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | replace "+" "_" | quote }}
{{- end }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name of a component's objects. Usage: include "sluice.componentName" (dict "root" $ "component" "router") */}}
{{- define "sluice.componentName" -}}
{{- printf "%s-%s" (include "sluice.fullname" .root) .component -}}
{{- end -}}

{{/* metadata of a namespaced object of a component, without its key. */}}
{{- define "sluice.metadata" -}}
name: {{ include "sluice.componentName" . }}
namespace: {{ include "sluice.namespace" .root }}
labels:
  {{- include "sluice.labels" . | nindent 2 }}
{{- end -}}

{{- define "sluice.serviceAccountName" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- default (include "sluice.componentName" .) $account.name -}}
{{- end -}}

{{/* The user that the controller is for the API server. */}}
{{- define "sluice.controllerUser" -}}
{{- printf "system:serviceaccount:%s:%s" (include "sluice.namespace" .) (include "sluice.serviceAccountName" (dict "root" . "component" "controller")) -}}
{{- end -}}

{{- define "sluice.image" -}}
{{- $registry := default .Values.image.registry .Values.global.image.registry -}}
{{- $repository := default .Values.image.repository .Values.global.image.repository -}}
{{- $tag := default (default .Chart.AppVersion .Values.image.tag) .Values.global.image.tag -}}
{{- $name := $repository -}}
{{- if $registry -}}{{- $name = printf "%s/%s" (trimSuffix "/" $registry) $repository -}}{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name $tag -}}
{{- end -}}
{{- end -}}

{{- define "sluice.pullPolicy" -}}
{{- default .Values.image.pullPolicy .Values.global.image.pullPolicy -}}
{{- end -}}

{{- define "sluice.imagePullSecrets" -}}
{{- with concat .Values.global.imagePullSecrets .Values.imagePullSecrets -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
