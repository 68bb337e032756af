import Document
import Fleet

/// Which deployments of the cluster come before which others (`dependsOn`, fleet-behaviour §5.3), in what state they are, and who
/// waits for them.
///
/// A value. A change of one deployment concerns those that wait for it, and no others are looked at; only selectors without a
/// name are tried on all.
struct Dependencies: Sendable {
  private struct Bundle: Hashable {
    var namespace: String
    /// The name as a label has it.
    var name: String
  }

  private struct Node {
    var name: String
    var bundle: Bundle
    var labels: [String: String]
    var dependsOn: [DependsOn]
    var state: BundleState
  }

  private var nodes: [String: Node] = [:]
  private var byBundle: [Bundle: Set<String>] = [:]
  /// Those that wait, by the bundle that they wait for.
  private var waiters: [Bundle: Set<String>] = [:]
  /// Those that wait and name no bundle.
  private var selecting: Set<String> = []

  /// Takes a deployment in, in its present state; nil takes it out.
  mutating func set(_ id: String, to brief: DeploymentBrief?, state: BundleState) {
    setWaiting(id, false)
    if let old = nodes.removeValue(forKey: id) { byBundle.remove(id, from: old.bundle) }
    guard let brief else { return }
    let bundle = Bundle(namespace: brief.bundleNamespace, name: Names.labelValue(brief.bundleName))
    nodes[id] = Node(
      name: brief.bundleName, bundle: bundle, labels: brief.labels, dependsOn: brief.dependsOn, state: state)
    byBundle[bundle, default: []].insert(id)
  }

  /// Notes a deployment's state.
  mutating func set(_ id: String, to state: BundleState) { nodes[id]?.state = state }

  /// Notes whether a deployment waits for others.
  mutating func setWaiting(_ id: String, _ waits: Bool) {
    guard let node = nodes[id] else { return }
    for dependency in node.dependsOn {
      if dependency.name.isEmpty {
        if waits { selecting.insert(id) } else { selecting.remove(id) }
      } else {
        let bundle = Bundle(namespace: node.bundle.namespace, name: Names.labelValue(dependency.name))
        if waits { waiters[bundle, default: []].insert(id) } else { waiters.remove(id, from: bundle) }
      }
    }
  }

  /// Who waits and is concerned by a deployment, in order.
  func waiting(for id: String) -> [String] {
    guard let node = nodes[id] else { return [] }
    let selected = selecting.filter { waiter in
      nodes[waiter]?.dependsOn.contains { $0.name.isEmpty && $0.selector?.matches(node.labels) == true } == true
    }
    return (waiters[node.bundle] ?? []).union(selected).subtracting([id]).sorted()
  }

  /// Why a deployment has to wait; nil when it need not.
  func obstacle(of id: String) -> DeploymentFailure? {
    guard let node = nodes[id], !node.dependsOn.isEmpty else { return nil }
    var pending: Set<String> = []
    for dependency in node.dependsOn {
      let matching = matches(of: dependency, in: node, besides: id)
      guard !matching.isEmpty else {
        return DeploymentFailure(
          kind: .dependency,
          message: "list bundledeployments: no bundles matching labels \(Self.text(dependency, node))"
            + " in namespace \(node.bundle.namespace)")
      }
      pending.formUnion(matching.filter { nodes[$0].map { !dependency.accepts($0.state) } ?? true })
    }
    guard !pending.isEmpty else { return nil }
    let names = Set(pending.compactMap { nodes[$0]?.name }).sorted().joined(separator: " ")
    var message = "dependent bundle(s) are not ready: [\(names)]"
    if let circle = circle(through: id) {
      message += "; dependsOn goes in a circle, so none of them can begin: \(circle.joined(separator: " -> "))"
    }
    return DeploymentFailure(kind: .dependency, message: message)
  }

  /// A way from a deployment along what it waits for back to itself, by the bundles' names; nil where there is none.
  private func circle(through start: String) -> [String]? {
    var cameFrom: [String: String] = [:]
    var next = [start]
    while let id = next.popLast(), cameFrom.count < AgentLimits.dependencySteps {
      guard let node = nodes[id] else { continue }
      for dependency in node.dependsOn {
        for other in matches(of: dependency, in: node, besides: id).sorted() {
          guard let state = nodes[other]?.state, !dependency.accepts(state) else { continue }
          if other == start { return way(to: id, cameFrom) + [nodes[start]?.name ?? start] }
          guard cameFrom[other] == nil else { continue }
          cameFrom[other] = id
          next.append(other)
        }
      }
    }
    return nil
  }

  private func way(to end: String, _ cameFrom: [String: String]) -> [String] {
    var way: [String] = []
    var id: String? = end
    while let step = id {
      way.append(nodes[step]?.name ?? step)
      id = cameFrom[step]
    }
    return way.reversed()
  }

  private func matches(of dependency: DependsOn, in node: Node, besides id: String) -> [String] {
    let named: [String]
    if dependency.name.isEmpty {
      named = nodes.keys.filter { $0 != id }
    } else {
      let bundle = Bundle(namespace: node.bundle.namespace, name: Names.labelValue(dependency.name))
      named = (byBundle[bundle] ?? []).filter { $0 != id }
    }
    guard let selector = dependency.selector else { return named }
    return named.filter { selector.matches(nodes[$0]?.labels ?? [:]) }
  }

  private static func text(_ dependency: DependsOn, _ node: Node) -> String {
    var parts = dependency.labels(bundleNamespace: node.bundle.namespace).sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value)" }
    if let selector = dependency.selector, !selector.selector.isEmpty { parts.append(selector.selector.description) }
    return parts.joined(separator: ",")
  }
}

extension Dictionary where Value == Set<String> {
  /// Takes an element out of a key's set, and the key with its last.
  fileprivate mutating func remove(_ element: String, from key: Key) {
    self[key]?.remove(element)
    if self[key]?.isEmpty == true { self[key] = nil }
  }
}
