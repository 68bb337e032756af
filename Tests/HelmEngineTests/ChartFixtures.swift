import Document

@testable import HelmEngine

/// A small chart that uses what charts use: helpers, values, a hook, notes, a CRD, a schema.
func webChart() -> Chart {
  Chart(files: [
    ChartFile(
      path: "Chart.yaml",
      text: """
        apiVersion: v2
        name: web
        version: 1.2.3
        appVersion: "7.0"
        annotations:
          example.com/team: platform
        """),
    ChartFile(path: "values.yaml", text: "greeting: hello\nreplicas: 1\n"),
    ChartFile(
      path: "values.schema.json",
      text: #"{"type": "object", "properties": {"replicas": {"type": "integer"}}}"#),
    ChartFile(path: "templates/_helpers.tpl", text: #"{{- define "web.name" -}}{{ .Release.Name }}-web{{- end -}}"#),
    ChartFile(
      path: "templates/configmap.yaml",
      text: """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ include "web.name" . }}
        data:
          greeting: {{ .Values.greeting | quote }}
          replicas: {{ .Values.replicas | quote }}
          kubernetes: {{ .Capabilities.KubeVersion.Version }}
          hasRoutes: {{ .Capabilities.APIVersions.Has "gateway.example.com/v1/Route" | quote }}
          upgrade: {{ .Release.IsUpgrade | quote }}
        """),
    ChartFile(
      path: "templates/hook.yaml",
      text: """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ include "web.name" . }}-hook
          annotations:
            helm.sh/hook: pre-install
        """),
    ChartFile(path: "templates/NOTES.txt", text: "Say {{ .Values.greeting }}."),
    ChartFile(
      path: "crds/routes.yaml",
      text: """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: routes.gateway.example.com
        """),
  ])
}

/// A chart of one template.
func chart(template: String, name: String = "small", version: String = "0.1.0") -> Chart {
  Chart(files: [
    ChartFile(path: "Chart.yaml", text: "apiVersion: v2\nname: \(name)\nversion: \(version)\n"),
    ChartFile(path: "templates/object.yaml", text: template),
  ])
}

/// A ConfigMap's manifest.
func configMap(_ name: String, _ data: [String: String] = [:]) -> String {
  YAML.emit([
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
    "data": .object(data.mapValues(Value.string)),
  ])
}
