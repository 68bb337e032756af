import Document

/// Bundles that must be in an accepted state on the same cluster first (fleet-behaviour §2.2, §5.3).
public struct DependsOn: Sendable, Hashable {
  /// The name of a bundle in the same namespace; empty when chosen by ``selector`` alone.
  public var name: String
  /// Labels of the bundles; nil when chosen by ``name`` alone.
  public var selector: SelectorSpec?
  /// States in which a dependency counts as done; empty means Ready.
  public var acceptedStates: [BundleState]

  /// A dependency.
  public init(name: String = "", selector: SelectorSpec? = nil, acceptedStates: [BundleState] = []) {
    self.name = name
    self.selector = selector
    self.acceptedStates = acceptedStates
  }

  init(_ reader: FieldReader) throws(FleetError) {
    name = try reader.text("name")
    selector = try reader.selector("selector")
    acceptedStates = []
    for state in try reader.strings("acceptedStates") {
      guard let known = BundleState(rawValue: state) else {
        let valid = BundleState.allCases.map(\.rawValue).joined(separator: ", ")
        throw reader.invalid("acceptedStates", "\"\(state)\" is not a state; the states are \(valid)")
      }
      acceptedStates.append(known)
    }
    guard !name.isEmpty || selector != nil else {
      throw FleetError(.invalidField, "needs a name or a selector of the bundles it waits for", key: reader.path)
    }
  }

  /// Reads one entry of `dependsOn`.
  public init(_ value: Value) throws(FleetError) { try self.init(FieldReader(value, path: "dependsOn")) }

  /// The dependency as a tree.
  public var value: Value {
    var writer = FieldWriter()
    writer.set("name", name)
    writer.set("selector", selector?.value)
    writer.set("acceptedStates", acceptedStates.map(\.rawValue))
    return writer.value
  }

  /// The labels by which BundleDeployments of this dependency are found, beside ``selector``.
  public func labels(bundleNamespace: String) -> [String: String] {
    name.isEmpty ? [:] : [FleetLabels.bundleName: Names.labelValue(name), FleetLabels.bundleNamespace: bundleNamespace]
  }

  /// Whether a dependency in this state is done.
  public func accepts(_ state: BundleState) -> Bool {
    acceptedStates.isEmpty ? state == .ready : acceptedStates.contains(state)
  }
}
