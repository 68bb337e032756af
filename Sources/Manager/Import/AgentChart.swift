// swift-format-ignore-file
// Made by scripts/embed-agent-chart from charts/flotilla-agent: change those files, and run it.
import HelmEngine

/// The chart flotilla-agent, as the manager installs it into clusters (fleet-behaviour §6.3).
enum AgentChart {
  static let chart = Chart(files: [
    ChartFile(path: "Chart.yaml", text: ##"""
apiVersion: v2
name: flotilla-agent
description: The agent of one cluster, which deploys what its Flotilla manager sends.
type: application
version: 0.1.0
appVersion: 0.1.0
kubeVersion: ">=1.19.0-0"
keywords: [gitops, fleet, helm]

"""##),
    ChartFile(path: "templates/NOTES.txt", text: ##"""
The agent connects to {{ join ", " (concat (compact (list .Values.managerEndpoint)) .Values.managerEndpoints) }}. It has joined when its pod is ready:

  kubectl -n {{ .Release.Namespace }} rollout status statefulset/{{ include "flotilla-agent.fullname" . }}

If it does not become ready, its log says why:

  kubectl -n {{ .Release.Namespace }} logs {{ include "flotilla-agent.fullname" . }}-0
{{- if and (not .Values.persistence.enabled) (not .Values.identity.secret) }}

WARNING: the agent's key is in an emptyDir and nowhere else. When its pod is made anew it needs a token that is valid.
Set identity.secret or persistence.enabled.
{{- end }}
{{- if .Values.rbac.least }}

It writes nothing in its own name: every bundle has to name a serviceAccount of the namespace {{ .Release.Namespace }}.
{{- end }}

"""##),
    ChartFile(path: "templates/_helpers.tpl", text: ##"""
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

"""##),
    ChartFile(path: "templates/rbac.yaml", text: ##"""
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "flotilla-agent.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if .Values.rbac.create }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ include "flotilla-agent.clusterName" . }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
rules:
  {{- if .Values.rbac.least }}
  # Which cluster this is (kube-system's uid), and the labels of target namespaces.
  - apiGroups: [""]
    resources: [namespaces]
    verbs: [get]
  # Helm's records of releases. To watch them too is for bundles that hold Secrets.
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get, list, watch]
  # Whether an autoscaler sets a number of replicas.
  - apiGroups: [autoscaling]
    resources: [horizontalpodautoscalers]
    verbs: [get, list, watch]
  # The kinds that bundles hold.
  - apiGroups: [""]
    resources: [configmaps, persistentvolumeclaims, serviceaccounts, services]
    verbs: [get, list, watch]
  - apiGroups: [apps]
    resources: [daemonsets, deployments, statefulsets]
    verbs: [get, list, watch]
  - apiGroups: [batch]
    resources: [cronjobs, jobs]
    verbs: [get, list, watch]
  - apiGroups: [networking.k8s.io]
    resources: [ingresses, networkpolicies]
    verbs: [get, list, watch]
  {{- with .Values.rbac.extraRules }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- else }}
  - apiGroups: ["*"]
    resources: ["*"]
    verbs: ["*"]
  - nonResourceURLs: ["*"]
    verbs: ["*"]
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ include "flotilla-agent.clusterName" . }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "flotilla-agent.clusterName" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "flotilla-agent.serviceAccount" . }}
    namespace: {{ .Release.Namespace }}
{{- if .Values.rbac.least }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "flotilla-agent.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
rules:
  # It acts as the accounts of this namespace, and of no other.
  - apiGroups: [""]
    resources: [serviceaccounts]
    verbs: [get, impersonate]
  {{- if .Values.identity.secret }}
  # Its own key.
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [{{ include "flotilla-agent.fullname" . }}-identity]
    verbs: [get, patch]
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "flotilla-agent.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "flotilla-agent.fullname" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "flotilla-agent.serviceAccount" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}
{{- end }}

"""##),
    ChartFile(path: "templates/scheduling.yaml", text: ##"""
{{- with .Values.priorityClass }}
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata:
  name: {{ include "flotilla-agent.clusterName" $ }}
  labels: {{- include "flotilla-agent.labels" $ | nindent 4 }}
description: The agent of Flotilla.
globalDefault: false
value: {{ int64 .value }}
{{- with .preemptionPolicy }}
preemptionPolicy: {{ . }}
{{- end }}
{{- end }}
{{- with .Values.podDisruptionBudget }}
---
apiVersion: {{ if $.Capabilities.APIVersions.Has "policy/v1/PodDisruptionBudget" }}policy/v1{{ else }}policy/v1beta1{{ end }}
kind: PodDisruptionBudget
metadata:
  name: {{ include "flotilla-agent.fullname" $ }}
  namespace: {{ $.Release.Namespace }}
  labels: {{- include "flotilla-agent.labels" $ | nindent 4 }}
spec:
  {{- range $key := list "minAvailable" "maxUnavailable" }}
  {{- $number := index $.Values.podDisruptionBudget $key }}
  {{- if not (kindIs "invalid" $number) }}
  {{ $key }}: {{ if hasSuffix "%" (toString $number) }}{{ quote $number }}{{ else }}{{ int $number }}{{ end }}
  {{- end }}
  {{- end }}
  selector:
    matchLabels: {{- include "flotilla-agent.selectorLabels" $ | nindent 6 }}
{{- end }}

"""##),
    ChartFile(path: "templates/secret.yaml", text: ##"""
{{- with .Values.agentNamespace }}
{{- if ne . $.Release.Namespace }}
{{- fail (printf "agentNamespace is %s, and the release goes to %s: install it with --namespace %s --create-namespace" . $.Release.Namespace .) }}
{{- end }}
{{- end }}
{{- if and .Release.IsInstall (not .Values.token) }}
{{- fail "token is missing: install with --values values.yaml, the decoded `values` key of a ClusterRegistrationToken's Secret" }}
{{- end }}
{{- if not (or .Values.managerEndpoints .Values.managerEndpoint) }}
{{- fail "managerEndpoints is missing: use the decoded `values` key of a ClusterRegistrationToken's Secret as it is" }}
{{- end }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "flotilla-agent.fullname" . }}-values
  namespace: {{ .Release.Namespace }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
type: Opaque
data:
  values.yaml: {{ include "flotilla-agent.registration" . | b64enc }}
{{- if .Values.identity.secret }}
---
# The agent writes its key here once it has joined. It stays when the release is removed, so that the cluster can come back.
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "flotilla-agent.fullname" . }}-identity
  namespace: {{ .Release.Namespace }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
  annotations:
    helm.sh/resource-policy: keep
type: Opaque
{{- end }}

"""##),
    ChartFile(path: "templates/statefulset.yaml", text: ##"""
# A StatefulSet of one: never two pods with one identity, not even while one node is lost and another has room.
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "flotilla-agent.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "flotilla-agent.labels" . | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ include "flotilla-agent.fullname" . }}
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{- include "flotilla-agent.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "flotilla-agent.selectorLabels" . | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # Other values restart the pod, which reads them at its start.
        flotilla.io/values: {{ include "flotilla-agent.registration" . | sha256sum }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "flotilla-agent.serviceAccount" . }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
      {{- if .Values.hostNetwork }}
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- end }}
      {{- if .Values.priorityClass }}
      priorityClassName: {{ include "flotilla-agent.clusterName" . }}
      {{- else if .Values.priorityClassName }}
      priorityClassName: {{ .Values.priorityClassName }}
      {{- end }}
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.podSecurityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      tolerations:
        # A cloud's node controller may itself be what the agent is to deploy.
        - key: node.cloudprovider.kubernetes.io/uninitialized
          operator: Equal
          value: "true"
          effect: NoSchedule
        {{- with .Values.tolerations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.topologySpreadConstraints }}
      topologySpreadConstraints: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: agent
          image: {{ include "flotilla-agent.image" . | quote }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          args:
            - agent
            - --values=/etc/flotilla/values.yaml
            - --state=/var/lib/flotilla
            {{- if .Values.identity.secret }}
            - --identity-secret={{ include "flotilla-agent.fullname" . }}-identity
            {{- end }}
            - --health-address={{ .Values.health.host }}:{{ .Values.health.port }}
            - --log-level={{ .Values.log.level }}
            - --log-format={{ .Values.log.format }}
          env:
            # Helm and kustomize look for their files below it.
            - name: HOME
              value: /tmp
            {{- with .Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with .Values.extraEnvFrom }}
          envFrom: {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - name: health
              containerPort: {{ .Values.health.port }}
              protocol: TCP
          livenessProbe:
            httpGet: {path: /livez, port: health}
            periodSeconds: 20
            timeoutSeconds: 5
            failureThreshold: 6
          # Ready is an agent with a session. One without goes on with what it has, and is not restarted for it.
          readinessProbe:
            httpGet: {path: /readyz, port: health}
            periodSeconds: 5
            timeoutSeconds: 5
          {{- with .Values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .Values.securityContext }}
          securityContext: {{- toYaml . | nindent 12 }}
          {{- end }}
          volumeMounts:
            - name: values
              mountPath: /etc/flotilla
              readOnly: true
            - name: state
              mountPath: /var/lib/flotilla
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: values
          secret:
            secretName: {{ include "flotilla-agent.fullname" . }}-values
            defaultMode: 0440
        - name: tmp
          emptyDir: {}
        {{- if not .Values.persistence.enabled }}
        - name: state
          emptyDir: {}
        {{- end }}
  {{- if .Values.persistence.enabled }}
  volumeClaimTemplates:
    - metadata:
        name: state
      spec:
        accessModes: {{- toYaml .Values.persistence.accessModes | nindent 10 }}
        {{- with .Values.persistence.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .Values.persistence.size }}
  {{- end }}

"""##),
    ChartFile(path: "values.schema.json", text: ##"""
{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Values of flotilla-agent",
  "type": "object",
  "properties": {
    "managerEndpoint": {
      "type": "string",
      "pattern": "^(tcp://.+:[0-9]{1,5}|ipc://.+)$"
    },
    "managerEndpoints": {
      "type": "array",
      "items": {
        "type": "string",
        "pattern": "^(tcp://.+:[0-9]{1,5}|ipc://.+)$"
      },
      "description": "Where the manager's bus is, such as tcp://manager.example.com:5671."
    },
    "managerPublicKey": {
      "type": "string"
    },
    "nextManagerPublicKey": {
      "type": "string"
    },
    "token": {
      "type": "string",
      "description": "The join token.",
      "pattern": "^\\s*$|^\\s*flotilla[0-9]+\\."
    },
    "tokenName": {
      "type": "string"
    },
    "clusterNamespace": {
      "type": "string"
    },
    "systemRegistrationNamespace": {
      "type": "string"
    },
    "labels": {
      "type": "object",
      "additionalProperties": {
        "type": "string"
      },
      "description": "Labels of the Cluster; quote values such as \"true\" and \"1\"."
    },
    "clientID": {
      "type": "string",
      "maxLength": 253
    },
    "agentNamespace": {
      "type": "string",
      "maxLength": 63
    },
    "internal": {
      "type": "object",
      "properties": {
        "systemNamespace": {
          "type": "string"
        }
      },
      "additionalProperties": false
    },
    "global": {
      "type": "object"
    },
    "image": {
      "type": "object",
      "properties": {
        "registry": {
          "type": "string",
          "description": "A prefix such as registry.example.com."
        },
        "repository": {
          "type": "string",
          "minLength": 1
        },
        "tag": {
          "type": "string"
        },
        "digest": {
          "type": "string",
          "pattern": "^$|^sha256:[0-9a-f]{64}$"
        },
        "pullPolicy": {
          "type": "string",
          "enum": [
            "Always",
            "IfNotPresent",
            "Never"
          ]
        }
      },
      "additionalProperties": false
    },
    "imagePullSecrets": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1
          }
        },
        "additionalProperties": false,
        "required": [
          "name"
        ]
      }
    },
    "resources": {
      "type": "object",
      "properties": {
        "requests": {
          "type": "object",
          "additionalProperties": {
            "type": [
              "string",
              "number"
            ]
          }
        },
        "limits": {
          "type": "object",
          "additionalProperties": {
            "type": [
              "string",
              "number"
            ]
          }
        },
        "claims": {
          "type": "array",
          "items": {
            "type": "object"
          }
        }
      },
      "additionalProperties": false
    },
    "nodeSelector": {
      "type": "object",
      "additionalProperties": {
        "type": "string"
      }
    },
    "tolerations": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "key": {
            "type": "string"
          },
          "operator": {
            "type": "string",
            "enum": [
              "Exists",
              "Equal"
            ]
          },
          "value": {
            "type": "string"
          },
          "effect": {
            "type": "string",
            "enum": [
              "",
              "NoSchedule",
              "PreferNoSchedule",
              "NoExecute"
            ]
          },
          "tolerationSeconds": {
            "type": "integer"
          }
        },
        "additionalProperties": false
      }
    },
    "affinity": {
      "type": "object",
      "properties": {
        "nodeAffinity": {
          "type": "object"
        },
        "podAffinity": {
          "type": "object"
        },
        "podAntiAffinity": {
          "type": "object"
        }
      },
      "additionalProperties": false
    },
    "topologySpreadConstraints": {
      "type": "array",
      "items": {
        "type": "object"
      }
    },
    "priorityClassName": {
      "type": "string"
    },
    "podDisruptionBudget": {
      "type": "object",
      "properties": {
        "minAvailable": {
          "anyOf": [
            {
              "type": "integer",
              "minimum": 0
            },
            {
              "type": "string",
              "pattern": "^([0-9]+|[0-9]{1,2}%|100%)$"
            }
          ]
        },
        "maxUnavailable": {
          "anyOf": [
            {
              "type": "integer",
              "minimum": 0
            },
            {
              "type": "string",
              "pattern": "^([0-9]+|[0-9]{1,2}%|100%)$"
            }
          ]
        }
      },
      "additionalProperties": false,
      "maxProperties": 1
    },
    "podAnnotations": {
      "type": "object",
      "additionalProperties": {
        "type": "string"
      }
    },
    "podLabels": {
      "type": "object",
      "additionalProperties": {
        "type": "string"
      }
    },
    "podSecurityContext": {
      "type": "object"
    },
    "securityContext": {
      "type": "object"
    },
    "terminationGracePeriodSeconds": {
      "type": "integer",
      "minimum": 0,
      "maximum": 86400
    },
    "extraEnv": {
      "type": "array",
      "items": {
        "type": "object",
        "required": [
          "name"
        ]
      }
    },
    "extraEnvFrom": {
      "type": "array",
      "items": {
        "type": "object"
      }
    },
    "log": {
      "type": "object",
      "properties": {
        "level": {
          "type": "string",
          "enum": [
            "trace",
            "debug",
            "info",
            "notice",
            "warning",
            "error",
            "critical"
          ]
        },
        "format": {
          "type": "string",
          "enum": [
            "text",
            "json"
          ]
        }
      },
      "additionalProperties": false
    },
    "nameOverride": {
      "type": "string",
      "maxLength": 52
    },
    "fullnameOverride": {
      "type": "string",
      "maxLength": 52
    },
    "serviceAccount": {
      "type": "object",
      "properties": {
        "name": {
          "type": "string"
        },
        "annotations": {
          "type": "object",
          "additionalProperties": {
            "type": "string"
          }
        }
      },
      "additionalProperties": false
    },
    "rbac": {
      "type": "object",
      "properties": {
        "create": {
          "type": "boolean"
        },
        "least": {
          "type": "boolean"
        },
        "extraRules": {
          "type": "array",
          "items": {
            "type": "object",
            "required": [
              "verbs"
            ]
          }
        }
      },
      "additionalProperties": false
    },
    "identity": {
      "type": "object",
      "properties": {
        "secret": {
          "type": "boolean"
        }
      },
      "additionalProperties": false
    },
    "persistence": {
      "type": "object",
      "properties": {
        "enabled": {
          "type": "boolean"
        },
        "storageClassName": {
          "type": "string"
        },
        "accessModes": {
          "type": "array",
          "items": {
            "type": "string",
            "enum": [
              "ReadWriteOnce",
              "ReadWriteOncePod",
              "ReadWriteMany"
            ]
          }
        },
        "size": {
          "type": "string",
          "pattern": "^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$"
        }
      },
      "additionalProperties": false
    },
    "hostNetwork": {
      "type": "boolean"
    },
    "priorityClass": {
      "type": "object",
      "properties": {
        "value": {
          "type": "integer",
          "minimum": -2147483648,
          "maximum": 1000000000
        },
        "preemptionPolicy": {
          "type": "string",
          "enum": [
            "PreemptLowerPriority",
            "Never",
            ""
          ]
        }
      },
      "additionalProperties": false
    },
    "health": {
      "type": "object",
      "properties": {
        "host": {
          "type": "string",
          "minLength": 1
        },
        "port": {
          "type": "integer",
          "minimum": 1,
          "maximum": 65535
        }
      },
      "additionalProperties": false
    }
  },
  "additionalProperties": false
}

"""##),
    ChartFile(path: "values.yaml", text: ##"""
# The registration values: the decoded `values` key of a ClusterRegistrationToken's Secret goes here as it is
# (helm install --values values.yaml), with labels and clientID of your own. The token is needed until the agent has joined.
managerEndpoints: []
managerPublicKey: ""
# The key that the manager is changing to, while it is.
nextManagerPublicKey: ""
token: ""
tokenName: ""
clusterNamespace: ""
systemRegistrationNamespace: ""
# Labels of the Cluster.
labels: {}
# By what the cluster is known when it joins again; empty takes the UID of the namespace kube-system.
clientID: ""
# Where the agent runs; has to be the release's namespace, which is what it is when empty.
agentNamespace: ""

image:
  # A prefix such as registry.example.com or registry.example.com/mirror.
  registry: ""
  repository: flotilla/flotilla
  # Empty takes the chart's appVersion.
  tag: ""
  # Such as sha256:...; taken instead of the tag.
  digest: ""
  pullPolicy: IfNotPresent
# A list of {name: SECRET}.
imagePullSecrets: []

serviceAccount:
  # Empty takes the name of the release's objects.
  name: ""
  annotations: {}

rbac:
  # false: you give the service account its rights yourself.
  create: true
  # true: the agent may read, and act as the service accounts of its namespace, and writes nothing in its own name. Every
  # bundle then has to name a serviceAccount that is there.
  least: false
  # Further rules of the agent's ClusterRole where `least` is set: kinds of yours that bundles hold, with get, list and watch.
  extraRules: []

identity:
  # The agent's key is kept in a Secret too, so that it comes back as the same cluster wherever its pod starts, without a
  # token. false: only in its state, which then has to be persistent.
  secret: true

persistence:
  # true: the state is on a volume of its own, and the agent keeps its cluster right after a restart without the manager.
  # false: it is in an emptyDir, and is fetched again from the manager when the pod is made anew.
  enabled: false
  # Empty takes the cluster's default.
  storageClassName: ""
  accessModes: [ReadWriteOnce]
  size: 1Gi

resources:
  requests: {cpu: 20m, memory: 128Mi}
  limits: {}
nodeSelector:
  kubernetes.io/os: linux
tolerations: []
affinity: {}
topologySpreadConstraints: []
hostNetwork: false
# An existing PriorityClass.
priorityClassName: ""
# One that the release makes: {value: 1000, preemptionPolicy: Never}.
priorityClass: {}
# minAvailable or maxUnavailable, a number or a percentage.
podDisruptionBudget: {}
podAnnotations: {}
podLabels: {}
podSecurityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
terminationGracePeriodSeconds: 60

# Entries of env and envFrom, as a container takes them.
extraEnv: []
extraEnvFrom: []

log:
  level: info
  # text or json
  format: text

health:
  # What the probes' server listens on; "[::]" where pods have IPv6 addresses alone.
  host: 0.0.0.0
  # The port of /livez, /readyz and /metrics.
  port: 8080

# Replaces parts of the names of the release's objects.
nameOverride: ""
fullnameOverride: ""

"""##),
  ])
}
