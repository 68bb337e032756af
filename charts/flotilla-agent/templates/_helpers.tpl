{{- define "flotilla-agent.fullname" -}}
{{- $name := default "flotilla-agent" .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* Of what has no namespace: two agents in two namespaces leave each other alone. */ -}}
{{- define "flotilla-agent.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "flotilla-agent.fullname" .) -}}
{{- end -}}

{{- define "flotilla-agent.serviceAccount" -}}
{{- default (include "flotilla-agent.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "flotilla-agent.selectorLabels" -}}
app.kubernetes.io/name: flotilla-agent
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "flotilla-agent.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "flotilla-agent.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: flotilla
{{- end -}}

{{- define "flotilla-agent.image" -}}
{{- $image := .Values.image -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default .Chart.AppVersion $image.tag }}{{ end -}}
{{- end -}}

{{- /* What the agent reads: the registration values and nothing of the chart's own. */ -}}
{{- define "flotilla-agent.registration" -}}
{{- $values := dict "agentNamespace" .Release.Namespace -}}
{{- range $key := list "managerEndpoint" "managerEndpoints" "managerPublicKey" "nextManagerPublicKey" "token" "tokenName" "clusterNamespace" "systemRegistrationNamespace" "labels" "clientID" -}}
{{- with index $.Values $key }}{{ $_ := set $values $key . }}{{ end -}}
{{- end -}}
{{- toYaml $values -}}
{{- end -}}
