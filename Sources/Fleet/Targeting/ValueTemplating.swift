import Document

/// Renders the `${ }` templates in Helm values (fleet-behaviour §3.5, step 2).
public protocol ValueTemplateEngine: Sendable {
  /// Renders one template with the delimiters `${` and `}` and sprig's functions but for those that reach outside.
  ///
  /// - Parameters:
  ///   - template: the text.
  ///   - context: what `.` is: ClusterName, ClusterNamespace, ClusterLabels, ClusterAnnotations, ClusterValues.
  /// - Throws: anything, also when a key is missing; the message is shown to the user.
  func render(_ template: String, context: Value) async throws -> String
}

/// Makes the Helm values of one cluster out of those of its match (fleet-behaviour §3.5).
public enum ValueTemplating {
  /// The text that begins a reference to a label of the cluster.
  public static let labelReference = "global.fleet.clusterLabels."

  /// Whether options come out the same for every cluster: no label reference, no template.
  public static func isConstant(_ options: BundleDeploymentOptions) -> Bool {
    guard let helm = options.helm else { return true }
    if !helm.templateValues.isEmpty, !helm.disablePreProcess { return false }
    return !anyString(in: helm.values) { text in
      text.hasPrefix(labelReference) || (!helm.disablePreProcess && text.contains("${"))
    }
  }

  /// The options of one cluster. Without any label on the cluster (after cleaning) nothing is changed.
  ///
  /// - Parameter engine: what renders templates; without one, values with `${` are an error.
  /// - Throws: ``FleetError`` with code `targeting`; its message names the cluster.
  public static func resolve(
    _ options: BundleDeploymentOptions, cluster: TargetCluster, engine: (any ValueTemplateEngine)?
  ) async throws(FleetError) -> BundleDeploymentOptions {
    guard var helm = options.helm, !isConstant(options) else { return options }
    let labels = FleetLabels.cleaned(cluster.labels)
    guard !labels.isEmpty else { return options }
    do {
      helm.values = try replaceLabels(in: helm.values, labels: labels, depth: 0)
      if !helm.disablePreProcess { try await render(&helm, cluster: cluster, labels: labels, engine: engine) }
    } catch {
      throw FleetError(
        .targeting, "targeting error: cluster \(cluster.name) in namespace \(cluster.namespace): \(error)",
        cause: error)
    }
    var result = options
    result.helm = helm
    return result
  }

  /// Strings anywhere in maps, and in maps inside lists.
  private static func replaceLabels(
    in value: Value, labels: [String: String], depth: Int
  ) throws(FleetError) -> Value {
    guard case .object(let members) = value else { return value }
    guard depth <= Limits.valuesDepth else {
      throw FleetError(.limitExceeded, "helm.values are nested deeper than \(Limits.valuesDepth) levels (valuesDepth)")
    }
    var result: [String: Value] = [:]
    result.reserveCapacity(members.count)
    for (key, member) in members {
      switch member {
      case .string(let text) where text.hasPrefix(labelReference):
        result[key] = .string(labels[String(text.dropFirst(labelReference.count))] ?? "")
      case .object: result[key] = try replaceLabels(in: member, labels: labels, depth: depth + 1)
      case .array(let elements):
        var list: [Value] = []
        for element in elements { list.append(try replaceLabels(in: element, labels: labels, depth: depth + 1)) }
        result[key] = .array(list)
      default: result[key] = member
      }
    }
    return .object(result)
  }

  private static func render(
    _ helm: inout HelmOptions, cluster: TargetCluster, labels: [String: String], engine: (any ValueTemplateEngine)?
  ) async throws(FleetError) {
    let context: Value = [
      "ClusterName": .string(cluster.name), "ClusterNamespace": .string(cluster.namespace),
      "ClusterLabels": Value(labels),
      "ClusterAnnotations": Value(FleetLabels.cleanedAnnotations(cluster.annotations)),
      "ClusterValues": cluster.templateValues.isNull ? [:] : cluster.templateValues,
    ]
    if anyString(in: helm.values, where: { $0.contains("${") }) {
      let rendered = try await run(YAML.emit(helm.values), what: "helm.values", context: context, engine: engine)
      guard rendered.object != nil || rendered.isNull else {
        throw FleetError(.targeting, "helm.values are not an object any more after their templates were rendered")
      }
      helm.values = rendered
    }
    for (key, template) in helm.templateValues.sorted(by: { $0.key < $1.key }) {
      let what = "helm.templateValues.\(key)"
      helm.values[key] = try await run(template, what: what, context: context, engine: engine)
    }
    helm.templateValues = [:]
  }

  private static func run(
    _ template: String, what: String, context: Value, engine: (any ValueTemplateEngine)?
  ) async throws(FleetError) -> Value {
    guard let engine else {
      throw FleetError(
        .targeting,
        "\(what) has ${ } templates, which this version of Flotilla does not render;"
          + " set helm.disablePreProcess to leave them as they are")
    }
    do {
      let text = try await engine.render(template, context: context)
      return try YAML.parse(text, file: what, duplicateKeys: .lastWins).first ?? .null
    } catch {
      throw FleetError(.targeting, "failed to process template values: \(what): \(error)", cause: error)
    }
  }

  /// Whether a key or string anywhere in a tree satisfies a condition.
  private static func anyString(in value: Value, where condition: (String) -> Bool) -> Bool {
    switch value {
    case .string(let text): condition(text)
    case .array(let elements): elements.contains { anyString(in: $0, where: condition) }
    case .object(let members):
      members.contains { condition($0.key) || anyString(in: $0.value, where: condition) }
    default: false
    }
  }
}
