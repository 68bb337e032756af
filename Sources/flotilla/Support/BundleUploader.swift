import Document
import Fleet
import KubeClient

/// Makes the Bundles of one name on a manager equal to what was built (fleet-behaviour §2.8): new ones are created, changed ones
/// updated, and those that were not made this time deleted. All that would be refused is found before anything is written.
struct BundleUploader {
  let manager: ManagerAPI
  let namespace: String
  /// The value of the label `repo-name` by which bundles of earlier runs are known; nil deletes nothing.
  let owner: String?
  /// How often a write is tried again that met another one's.
  let conflictRetries: Int

  /// What became of one bundle.
  struct Change: Hashable {
    enum Action: String { case created, updated, unchanged, deleted }
    let bundle: String
    let action: Action
  }

  private static let bundles = ManagerAPI.resource(.bundle)

  /// Brings the manager to what was built; `report` is told of every change as soon as it is made.
  func upload(_ built: [Fleet.Bundle], report: (Change) throws -> Void) async throws {
    let names = Set(built.map(\.metadata.name))
    var existing: [String: Value] = [:]
    if let owner {
      let labels = [FleetLabels.repoName: owner]
      for object in try await manager.list(.bundle, namespace: namespace, labels: labels) {
        existing[ObjectIdentity(of: object).name] = object
      }
    }
    for name in names where existing[name] == nil {
      existing[name] = try await manager.object(Self.bundles, namespace: namespace, name: name)
    }
    let refusals = names.sorted().compactMap { name in existing[name].flatMap { refusal($0) } }
    guard refusals.isEmpty else {
      throw CommandError("nothing was written:\n" + refusals.map { "  \($0)" }.joined(separator: "\n"))
    }
    let stale = existing.filter { !names.contains($0.key) && $0.value.at("metadata", "deletionTimestamp") == nil }
    let overwrites = Overwrites.find(pruned: stale.values.compactMap { try? Fleet.Bundle($0) }, made: built)
    for var bundle in built {
      bundle.spec.options.overwrites += overwrites[bundle.metadata.name] ?? []
      try report(
        Change(bundle: bundle.metadata.key, action: try await write(bundle, existing: existing[bundle.metadata.name])))
    }
    for (name, object) in stale.sorted(by: { $0.key < $1.key }) {
      do throws(KubeClientError) {
        try await manager.client.delete(
          Self.bundles, namespace: namespace, name: name, uid: object.at("metadata", "uid")?.string)
      } catch {
        guard error.code == .notFound else { throw error }
      }
      try report(Change(bundle: "\(namespace)/\(name)", action: .deleted))
    }
  }

  private func refusal(_ existing: Value) -> String? {
    let name = ObjectIdentity(of: existing).name
    if existing.at("metadata", "deletionTimestamp") != nil {
      return "the bundle \(namespace)/\(name) is being deleted; try again once it is gone"
    }
    if existing.at("spec", "helmOpOptions")?.isNull == false {
      return "the bundle \(namespace)/\(name) belongs to a HelmOp; rename one of them"
    }
    if let other = existing.at("metadata", "labels", FleetLabels.repoName)?.string, let owner, other != owner {
      return
        "the bundle \(namespace)/\(name) belongs to \(other) (its label \(FleetLabels.repoName)); rename one of them"
    }
    return nil
  }

  private func write(_ bundle: Fleet.Bundle, existing: Value?) async throws -> Change.Action {
    let (stripped, values) = try BundleValues.cut(bundle)
    var existing = existing
    var attempt = 0
    while true {
      do throws(KubeClientError) {
        let (written, action) = try await put(stripped, over: existing)
        let isNewSecret = try await put(values, of: written)
        return action == .unchanged && isNewSecret ? .updated : action
      } catch {
        attempt += 1
        guard error.code == .conflict || error.code == .alreadyExists, attempt <= conflictRetries else { throw error }
        existing = try await manager.object(Self.bundles, namespace: namespace, name: bundle.metadata.name)
        if let refusal = existing.flatMap({ refusal($0) }) { throw CommandError(refusal) }
      }
    }
  }

  private func put(
    _ bundle: Fleet.Bundle, over existing: Value?
  ) async throws(KubeClientError) -> (object: Value, action: Change.Action) {
    guard var object = existing else {
      var new = bundle.value
      new.set(nil, at: "status")
      return (try await manager.client.create(Self.bundles, new, namespace: namespace), .created)
    }
    object.set(bundle.value["spec"], at: "spec")
    object.set(bundle.metadata.labels.isEmpty ? Value?.none : Value(bundle.metadata.labels), at: "metadata", "labels")
    for (key, text) in bundle.metadata.annotations { object.set(.string(text), at: "metadata", "annotations", key) }
    object.set(nil, at: "status")
    // The server's text of a spec may name defaults that ours leaves out.
    let isSame =
      (try? BundleSpec(existing?["spec"])) == (try? BundleSpec(object["spec"]))
      && existing?["metadata"] == object["metadata"]
    guard !isSame else { return (existing ?? object, .unchanged) }
    return (try await manager.client.update(Self.bundles, object, namespace: namespace), .updated)
  }

  /// Makes the Secret of a bundle's values what it is to be; says whether it had to be written.
  private func put(_ values: BundleValues, of bundle: Value) async throws(KubeClientError) -> Bool {
    let identity = ObjectIdentity(of: bundle)
    let secrets = APIResource.secrets
    var stored: Value?
    do throws(KubeClientError) {
      stored = try await manager.client.get(secrets, namespace: namespace, name: identity.name)
    } catch {
      guard error.code == .notFound else { throw error }
    }
    if let stored, stored["type"]?.string != FleetSecretTypes.bundleValues {
      guard !values.data.isEmpty else { return false }
      throw KubeClientError(
        .invalid,
        "the Secret \(namespace)/\(identity.name) is in the place where the bundle's Helm values would be kept; rename one"
          + " of them")
    }
    if values.data.isEmpty {
      guard stored != nil else { return false }
      try await manager.client.delete(secrets, namespace: namespace, name: identity.name)
      return true
    }
    guard stored.flatMap(BundleValues.init(secret:)) != values else { return false }
    let secret = values.secret(of: bundle, over: stored)
    if stored == nil {
      _ = try await manager.client.create(secrets, secret, namespace: namespace)
    } else {
      _ = try await manager.client.update(secrets, secret, namespace: namespace)
    }
    return true
  }
}
