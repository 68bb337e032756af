import Document
import Testing

@testable import Fleet

/// Whatever stands in a repository, building ends with bundles or with errors that name a place, and never traps.
@Suite("Hostile repositories")
struct FuzzTests {
  private static let seedText = """
    defaultNamespace: web
    labels: {app: "x"}
    helm:
      chart: ./chart
      version: "1.2.3"
      values: {a: [1, 2, {b: c}], d: ${ .X }}
      valuesFiles: [values.yaml]
      valuesFrom:
      - configMapKeyRef: {name: a, key: b}
    dependsOn:
    - name: db
      acceptedStates: [Ready]
    targetCustomizations:
    - name: dev
      clusterSelector:
        matchLabels: {env: dev}
      yaml: {overlays: [dev]}
    rolloutStrategy: {maxUnavailable: 10%}
    """

  @Test("a damaged fleet.yaml is an error of its own directory", arguments: 0..<60)
  func damagedConfiguration(seed: Int) {
    var random = SplitMix(state: UInt64(seed))
    var bytes = Array(Self.seedText.utf8)
    for _ in 0..<(1 + random.next() % 12) {
      let position = Int(random.next() % UInt64(bytes.count))
      switch random.next() % 4 {
      case 0: bytes.remove(at: position)
      case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
      case 2: bytes[position] = Array(" \n-:[]{}\"'&*#|>%\t0".utf8)[Int(random.next() % 18)]
      default: bytes.insert(contentsOf: bytes[position...].prefix(Int(random.next() % 40)), at: position)
      }
    }
    let files = [
      "bad/fleet.yaml": bytes, "bad/a.yaml": Array("a: b\n".utf8), "bad/values.yaml": Array("x: 1\n".utf8),
      "bad/chart/Chart.yaml": Array("name: c\n".utf8), "good/a.yaml": Array(TestTrees.configMap.utf8),
    ]
    let result = BundleBuilder.build(repository: "repo", tree: InMemorySourceTree(files: files), paths: ["*"])
    #expect(result.bundle("repo-good") != nil)
    #expect(result.failures.allSatisfy { $0.path == "bad" && !$0.description.isEmpty })
    for bundle in result.bundles {
      #expect((try? Bundle(bundle.value)) == bundle)
      let payload = DeploymentPayload(
        bundle: bundle, manifestID: bundle.manifest.id, deploymentID: "x", options: bundle.spec.options)
      _ = try? ReleasePlan(manifest: bundle.manifest, payload: payload)
    }
  }

  @Test("objects of wrong types are refused with a path, at every place", arguments: 0..<60)
  func wrongTypes(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let junk: [Value] = [nil, true, 7, 1.5, "x", [], [:], [[:]], ["a": [nil]]]
    func damage(_ value: Value, _ depth: Int) -> Value {
      if random.next() % 7 == 0 { return junk[Int(random.next() % UInt64(junk.count))] }
      switch value {
      case .array(let elements): return .array(elements.map { damage($0, depth + 1) })
      case .object(let members):
        return .object(
          members.sorted { $0.key < $1.key }.reduce(into: [:]) { $0[$1.key] = damage($1.value, depth + 1) })
      default: return value
      }
    }
    let text = Self.seedText.replacing("    d: ${ .X }", with: "")
    let options = try YAML.parse(text.replacing("${ .X }", with: "x")).first ?? .null
    for _ in 0..<20 {
      let damaged = damage(["metadata": ["name": "a", "labels": ["x": "y"]], "spec": options], 0)
      do throws(FleetError) {
        let bundle = try Bundle(damaged)
        #expect(try Bundle(bundle.value) == bundle)
      } catch {
        #expect(error.key?.isEmpty == false && !error.message.isEmpty)
      }
    }
  }

  @Test("a fleet.yaml full of unknown keys yields a bounded list of warnings")
  func manyUnknownKeys() {
    let text = (0..<20_000).map { "unknown\($0): 1\n" }.joined()
    let result = TestTrees.build(["fleet.yaml": text, "a.yaml": TestTrees.configMap])
    #expect(result.bundles.count == 1 && result.warnings.count == Limits.warningsPerFile)
  }

  @Test("lines are found for keys in any layout, or the nearest one above")
  func locator() {
    let locator = KeyLocator(Self.seedText)
    #expect(locator.line(of: "helm.version") == 5)
    #expect(locator.line(of: "helm.valuesFrom[0].configMapKeyRef") == 9)
    #expect(locator.line(of: "dependsOn[0].acceptedStates[3]") == 12)
    #expect(locator.line(of: "targetCustomizations[0].clusterSelector.matchLabels") == 16)
    #expect(locator.line(of: "helm.values.zzz") == 6)
    #expect(locator.line(of: "nothing") == nil && locator.line(of: "") == nil && KeyLocator("").line(of: "a[0]") == nil)
    #expect(KeyLocator("- a: 1\n-\n  b: 2\n").line(of: "[1]") == nil)
  }
}
