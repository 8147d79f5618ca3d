{{/*
How a monitor scrapes the port for probes and metrics. The labels that a metric has itself stay: `namespace` is that of the Rollout.
Usage: include "sluice.metricsEndpoint" .Values.monitoring.serviceMonitor
*/}}
{{- define "sluice.metricsEndpoint" -}}
- port: health
  path: /metrics
  honorLabels: true
  {{- with .interval }}
  interval: {{ . }}
  {{- end }}
  {{- with .scrapeTimeout }}
  scrapeTimeout: {{ . }}
  {{- end }}
  {{- with .relabelings }}
  relabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
