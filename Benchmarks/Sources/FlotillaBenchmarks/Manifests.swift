/// Kubernetes manifests as they stand in repositories: generated, so that every run has the same.
enum Manifests {
  static func deployment(_ name: String, _ random: inout SplitMix) -> String {
    var text = """
      # The \(name) service: see the runbook before changing its limits.
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: \(name)
        namespace: production
        labels:
          app.kubernetes.io/name: \(name)
          app.kubernetes.io/part-of: "shop"
          app.kubernetes.io/version: "1.\(random.next() % 40).\(random.next() % 10)"
        annotations:
          prometheus.io/scrape: "true"
          prometheus.io/port: '9090'
      spec:
        replicas: \(1 + random.next() % 9)
        revisionHistoryLimit: 3
        selector:
          matchLabels:
            app.kubernetes.io/name: \(name)
        strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
        template:
          metadata:
            labels:
              app.kubernetes.io/name: \(name)
          spec:
            serviceAccountName: \(name)
            securityContext: {runAsNonRoot: true, fsGroup: 2000}
            containers:

      """
    for container in ["app", "proxy"] {
      text += """
              - name: \(container)
                image: registry.example.com/shop/\(name)-\(container):1.\(random.next() % 40)@sha256:\(hex(64, &random))
                args: ["--listen=:8080", "--log-level=info", "--feature=\(random.next() % 100)"]
                ports:
                - {name: http, containerPort: 8080, protocol: TCP}
                - name: metrics
                  containerPort: 9090
                env:
                - name: DATABASE_URL
                  valueFrom:
                    secretKeyRef: {name: \(name)-database, key: url}
                - name: RATE
                  value: "0.25"
                - name: MESSAGE
                  value: 'it''s \(random.next() % 1000) o''clock'
                resources:
                  requests:
                    cpu: \(50 + random.next() % 500)m
                    memory: 128Mi
                  limits:
                    memory: 256Mi
                readinessProbe:
                  httpGet:
                    path: /healthz/ready
                    port: http
                  initialDelaySeconds: 5
                  periodSeconds: 10
                volumeMounts:
                - name: config
                  mountPath: /etc/\(name)
                  readOnly: true

        """
    }
    return text + """
            volumes:
            - name: config
              configMap:
                name: \(name)
                defaultMode: 0444
            topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: topology.kubernetes.io/zone
              whenUnsatisfiable: ScheduleAnyway
              labelSelector: {matchLabels: {app.kubernetes.io/name: \(name)}}

      """
  }

  static func service(_ name: String) -> String {
    """
    apiVersion: v1
    kind: Service
    metadata:
      name: \(name)
      labels:
        app.kubernetes.io/name: \(name)
    spec:
      type: ClusterIP
      selector:
        app.kubernetes.io/name: \(name)
      ports:
      - name: http
        port: 80
        targetPort: http
        protocol: TCP

    """
  }

  /// A ConfigMap with a text of this many lines.
  static func configMap(_ name: String, lines: Int, _ random: inout SplitMix) -> String {
    var text = """
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: \(name)
      data:
        LOG_LEVEL: info
        retries: "\(random.next() % 10)"
        application.conf: |

      """
    for line in 0..<lines {
      text +=
        "    upstream.\(line).address = \"10.\(random.next() % 256).0.\(random.next() % 256):8080\" # weight \(line)\n"
    }
    return text
  }

  /// A CustomResourceDefinition with a schema of this many fields, each described.
  static func customResourceDefinition(_ name: String, fields: Int, _ random: inout SplitMix) -> String {
    var text = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: \(name)s.example.com
      spec:
        group: example.com
        names: {kind: \(name.capitalized), listKind: \(name.capitalized)List, plural: \(name)s, singular: \(name)}
        scope: Namespaced
        versions:
        - name: v1
          served: true
          storage: true
          schema:
            openAPIV3Schema:
              description: \(name.capitalized) is the Schema for the API of this kind
              type: object
              properties:
                spec:
                  type: object
                  required: [field0, field1]
                  properties:

      """
    for field in 0..<fields {
      text += """
                    field\(field):
                      description: |-
                        Field\(field) says how often the controller looks at the object again.
                        It defaults to \(random.next() % 60) seconds, and zero turns it off.
                      type: array
                      maxItems: \(random.next() % 100)
                      items:
                        description: An entry names an object in the same namespace, by kind and name, and
                          optionally the generation that was seen last
                        type: object
                        properties:
                          name: {type: string, minLength: 1, maxLength: 253}
                          weight:
                            type: integer
                            format: int64
                            minimum: 0
                          pattern:
                            type: string
                            pattern: ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$

        """
    }
    return text
  }

  private static func hex(_ count: Int, _ random: inout SplitMix) -> String {
    var text = ""
    while text.utf8.count < count { text += String(random.next() % 16, radix: 16) }
    return text
  }
}
