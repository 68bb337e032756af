{{- define "flotilla-manager.fullname" -}}
{{- $name := default "flotilla-manager" .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "flotilla-manager.serviceAccount" -}}
{{- default (include "flotilla-manager.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "flotilla-manager.selectorLabels" -}}
app.kubernetes.io/name: flotilla-manager
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "flotilla-manager.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "flotilla-manager.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: flotilla
{{- end -}}

{{- define "flotilla-manager.image" -}}
{{- $image := .Values.image -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default .Chart.AppVersion $image.tag }}{{ end -}}
{{- end -}}

{{- /* What agents connect to. */ -}}
{{- define "flotilla-manager.endpoint" -}}
{{- $service := printf "tcp://%s-bus.%s.svc:%d" (include "flotilla-manager.fullname" .) .Release.Namespace (int .Values.service.bus.port) -}}
{{- default $service .Values.busPublicEndpoint -}}
{{- end -}}
