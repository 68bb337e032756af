import Document

/// What is done to every object of a release after rendering (fleet-behaviour §5.5).
public struct PostRender: Sendable, Hashable {
  /// The name of the set that the objects belong to.
  public let setID: String
  /// The hash of ``setID``: the value of the label by which objects are watched.
  public let setHash: String
  /// CustomResourceDefinitions go with the release.
  public let deleteCRDResources: Bool
  /// Every object is forced into this namespace; empty for none.
  public let forcedNamespace: String
  /// Objects without a namespace go here.
  public let releaseNamespace: String

  /// What is done for a deployment.
  public init(payload: DeploymentPayload, agentScope: String = "") {
    setID = PostRender.setID(bundle: payload.bundleName, agentScope: agentScope)
    setHash = Digests.sha1Hex(setID)
    deleteCRDResources = payload.options.deleteCRDResources
    forcedNamespace = payload.options.namespace
    releaseNamespace = payload.options.releaseNamespace
  }

  /// The name of the set of a bundle's objects.
  public static func setID(bundle: String, agentScope: String = "") -> String {
    if bundle.hasPrefix("fleet-agent") {
      return agentScope.isEmpty ? "fleet-agent-bootstrap" : "fleet-agent-bootstrap-\(agentScope)"
    }
    return Names.safeConcat(["default", bundle] + (agentScope.isEmpty ? [] : [agentScope]))
  }

  /// The objects with labels, annotations and namespaces set.
  ///
  /// - Parameters:
  ///   - objects: what was rendered, lists taken apart.
  ///   - isNamespaced: whether objects of a kind have a namespace on the cluster; nil when the cluster does not know the
  ///     kind. CustomResourceDefinitions among the objects answer for their own kinds.
  /// - Throws: ``FleetError`` with code `clusterScopedObject` or `unknownKind` that names the object.
  public func apply(
    _ objects: [Value], isNamespaced: (_ apiVersion: String, _ kind: String) -> Bool?
  ) throws(FleetError) -> [Value] {
    let defined = PostRender.definedKinds(objects)
    var result: [Value] = []
    result.reserveCapacity(objects.count)
    for object in objects {
      var changed = object
      changed.set(.string(setHash), at: "metadata", "labels", FleetLabels.objectSetHash)
      changed.set(.string(setID), at: "metadata", "annotations", FleetLabels.objectSetID)
      let identity = ObjectIdentity(of: object)
      if identity.kind == "CustomResourceDefinition", identity.group == "apiextensions.k8s.io", !deleteCRDResources {
        changed.set("keep", at: "metadata", "annotations", FleetLabels.helmResourcePolicy)
      }
      let namespaced =
        isNamespaced(identity.apiVersion, identity.kind) ?? defined["\(identity.group)/\(identity.kind)"]
      try setNamespace(&changed, identity, namespaced: namespaced)
      result.append(changed)
    }
    return result
  }

  private func setNamespace(
    _ object: inout Value, _ identity: ObjectIdentity, namespaced: Bool?
  ) throws(FleetError) {
    guard forcedNamespace.isEmpty else {
      guard let namespaced else {
        throw FleetError(
          .unknownKind,
          "no matches for kind \"\(identity.kind)\" in version \"\(identity.apiVersion)\" (object"
            + " \(identity.name)): the cluster must know the kind before its objects are put into a namespace")
      }
      guard namespaced else {
        throw FleetError(
          .clusterScopedObject,
          "invalid cluster scoped object [name=\(identity.name) kind=\(identity.kind) apiVersion=\(identity.apiVersion)]"
            + " found: \"targetNamespace\" of the GitRepo or \"namespace\" in fleet.yaml puts every object into the"
            + " namespace \(forcedNamespace), so cluster-scoped objects cannot be deployed; use \"defaultNamespace\" in"
            + " fleet.yaml instead")
      }
      object.set(.string(forcedNamespace), at: "metadata", "namespace")
      return
    }
    if namespaced == true, identity.namespace.isEmpty {
      object.set(.string(releaseNamespace), at: "metadata", "namespace")
    }
  }

  /// Whether kinds that the objects themselves define have namespaces, by `group/kind`.
  private static func definedKinds(_ objects: [Value]) -> [String: Bool] {
    var result: [String: Bool] = [:]
    for object in objects where object["kind"]?.string == "CustomResourceDefinition" {
      guard let group = object.at("spec", "group")?.string, let kind = object.at("spec", "names", "kind")?.string else {
        continue
      }
      result["\(group)/\(kind)"] = object.at("spec", "scope")?.string == "Namespaced"
    }
    return result
  }
}
