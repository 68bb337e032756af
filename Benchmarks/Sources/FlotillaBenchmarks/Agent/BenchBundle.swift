import Fleet

/// Bundles of ten objects that are ready as soon as they are there.
enum BenchBundle {
  /// The ten objects of a namespace, as one YAML stream.
  static func manifest(_ namespace: String) -> String {
    var documents: [String] = []
    for index in 0..<4 {
      documents.append(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings-\(index), namespace: \(namespace), labels: {app: bench}}
        data: {colour: red, index: "\(index)", text: "\(String(repeating: "x", count: 400))"}
        """)
    }
    for index in 0..<2 {
      documents.append(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web-\(index), namespace: \(namespace), labels: {app: bench}}
        spec: {clusterIP: None, selector: {app: bench}, ports: [{name: http, port: 80, targetPort: 8080, protocol: TCP}]}
        """)
    }
    documents.append(
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: password, namespace: \(namespace)}
      data: {password: c2VjcmV0}
      """)
    documents.append("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: \(namespace)}")
    documents.append(
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: {name: web, namespace: \(namespace)}
      rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
      """)
    documents.append(
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: web, namespace: \(namespace)}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
      subjects: [{kind: ServiceAccount, name: web, namespace: \(namespace)}]
      """)
    return documents.joined(separator: "\n---\n") + "\n"
  }

  /// Options that put everything into a namespace.
  static func options(_ namespace: String, correctsDrift: Bool = false) -> BundleDeploymentOptions {
    var options = BundleDeploymentOptions()
    options.defaultNamespace = namespace
    if correctsDrift { options.correctDrift = CorrectDrift(enabled: true) }
    return options
  }
}
