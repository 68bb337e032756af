import Document
import Testing

@testable import Fleet

/// Which namespaces' clusters a bundle can reach (fleet-behaviour §1.8, §3.2; D21, I7).
@Suite("BundleNamespaceMappings")
struct NamespaceMappingTests {
  private let namespaces = ["a": ["team": "x"], "b": ["team": "y"], "c": ["team": "x"], "own": [:]]

  private func mapping(_ selectors: Value, namespace: String = "own") throws -> NamespaceMapping {
    var object: Value = [
      "apiVersion": "fleet.cattle.io/v1alpha1", "kind": "BundleNamespaceMapping",
      "metadata": ["name": "m", "namespace": .string(namespace)],
    ]
    for (key, value) in selectors.object ?? [:] { object[key] = value }
    return try NamespaceMapping(object)
  }

  private func candidates(_ mappings: NamespaceMapping..., labels: [String: String] = ["app": "web"]) -> Set<String> {
    NamespaceMapping.candidateNamespaces(
      bundleNamespace: "own", bundleLabels: labels, mappings: mappings, namespaces: namespaces)
  }

  @Test("a bundle reaches its own namespace, and those that both selectors of a mapping select")
  func matches() throws {
    let both = try mapping([
      "bundleSelector": ["matchLabels": ["app": "web"]], "namespaceSelector": ["matchLabels": ["team": "x"]],
    ])
    #expect(candidates() == ["own"])
    #expect(candidates(both) == ["own", "a", "c"])
    #expect(candidates(both, labels: ["app": "db"]) == ["own"])
    let all = try mapping(["bundleSelector": [:], "namespaceSelector": [:]])
    #expect(candidates(all, labels: [:]) == ["own", "a", "b", "c"])
    let second = try mapping(["bundleSelector": [:], "namespaceSelector": ["matchLabels": ["team": "y"]]])
    #expect(candidates(both, second) == ["own", "a", "b", "c"])
  }

  @Test("a mapping without one of its selectors, or of another namespace, reaches nothing")
  func nothing() throws {
    #expect(candidates(try mapping(["bundleSelector": [:]])) == ["own"])
    #expect(candidates(try mapping(["namespaceSelector": [:]])) == ["own"])
    #expect(candidates(try mapping(["bundleSelector": nil, "namespaceSelector": [:]])) == ["own"])
    #expect(candidates(try mapping(["bundleSelector": [:], "namespaceSelector": [:]], namespace: "other")) == ["own"])
  }

  @Test("a selector that is none is refused with its key")
  func invalid() throws {
    #expect { try mapping(["bundleSelector": ["matchExpressions": [["key": "a", "operator": "Near"]]]]) } throws: {
      ($0 as? FleetError)?.key == "bundleSelector"
    }
    #expect { try NamespaceMapping(["kind": "Bundle"]) } throws: { ($0 as? FleetError)?.code == .invalidDocument }
  }
}
