{{/* Spread over nodes and zones, as far as that can be done; each revision for itself, so that a rolling update is not held up. */}}
{{- define "sluice.spread" -}}
{{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "sluice.selectorLabels" $ | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}

{{- define "sluice.podEnv" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: POD_IPS
  valueFrom: {fieldRef: {fieldPath: status.podIPs}}
{{- end -}}

{{/* What every container of ours has: image, command and security. `command` is a list. */}}
{{- define "sluice.containerBase" -}}
image: {{ include "sluice.image" .root | quote }}
imagePullPolicy: {{ include "sluice.pullPolicy" .root }}
{{- with .command }}
command:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .root.Values.containerSecurityContext | nindent 2 }}
{{- end -}}

{{/* Where a pod may run. `values` has nodeSelector, tolerations and perhaps affinity. */}}
{{- define "sluice.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
The Deployment of a process. Usage: include "sluice.deployment" (dict "root" $ "component" "router" "args" LIST "ports" LIST
"volumes" LIST "mounts" LIST "grace" SECONDS "strategy" MAP); volumes and mounts may be absent, and `replicas` where something else
chooses the number; `program` is the image's word for the process where it is not the component's. The dashboard acts with the tokens
of people only, so it gets none.
*/}}
{{- define "sluice.deployment" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .component -}}
{{- $labels := dict "root" $root "component" .component -}}
{{- $fast := ne .component "controller" -}}
{{- $hasToken := ne .component "dashboard" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "sluice.metadata" $labels | nindent 2 }}
  {{- with $values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if hasKey . "replicas" }}
  replicas: {{ .replicas }}
  {{- end }}
  {{- with .minReadySeconds }}
  minReadySeconds: {{ . }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "sluice.selectorLabels" $labels | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels:
        {{- include "sluice.labels" $labels | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "sluice.serviceAccountName" $labels }}
      automountServiceAccountToken: {{ $hasToken }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .grace }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- include "sluice.imagePullSecrets" $root | nindent 6 }}
      securityContext:
        {{- toYaml $root.Values.podSecurityContext | nindent 8 }}
      containers:
        - name: {{ .component }}
          {{- include "sluice.containerBase" (dict "root" $root "command" $values.command) | nindent 10 }}
          args:
            {{- concat (list (default .component .program)) .args (list (printf "--log-level=%s" $root.Values.logLevel)) $values.extraArgs | toYaml | nindent 12 }}
          env:
            {{- include "sluice.podEnv" $root | nindent 12 }}
            {{- if eq .component "router" }}
            {{- /* Set on pods by Kubernetes from 1.35 on; empty before, and where nodes have no zone. */}}
            - name: ROUTER_ZONE
              valueFrom: {fieldRef: {fieldPath: "metadata.labels['topology.kubernetes.io/zone']"}}
            {{- end }}
            {{- if eq .component "controller" }}
            {{- /* Little room for what lives shortly, and what is free goes back to the machine: measured by make bench-controller. */}}
            - {name: NODE_OPTIONS, value: "--use-openssl-ca --max-semi-space-size=2"}
            - {name: MALLOC_ARENA_MAX, value: "1"}
            - {name: MALLOC_MMAP_THRESHOLD_, value: "32768"}
            - {name: MALLOC_TRIM_THRESHOLD_, value: "65536"}
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- range .ports }}
            - {name: {{ .name }}, containerPort: {{ .port }}, protocol: TCP}
            {{- end }}
            - {name: health, containerPort: 8081, protocol: TCP}
          readinessProbe:
            httpGet: {path: /readyz, port: health}
            periodSeconds: {{ ternary 1 5 $fast }}
            timeoutSeconds: 3
            failureThreshold: 3
          livenessProbe:
            httpGet: {path: /healthz, port: health}
            initialDelaySeconds: 10
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          {{- with concat (.mounts | default list) $values.extraVolumeMounts }}
          volumeMounts:
            {{- toYaml . | nindent 12 }}
          {{- end }}
      {{- with concat (.volumes | default list) $values.extraVolumes }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- include "sluice.placement" $values | nindent 6 }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        {{- include "sluice.spread" $labels | nindent 8 }}
        {{- end }}
{{- end -}}
