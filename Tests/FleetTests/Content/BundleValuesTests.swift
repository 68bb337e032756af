import Document
import Testing

@testable import Fleet

/// Values in a Secret of their own (fleet-behaviour §2.5, C22).
@Suite("Values kept apart from their bundle")
struct BundleValuesTests {
  private func bundle() throws -> Bundle {
    Bundle(
      metadata: ObjectMeta(name: "app", namespace: "fleet-default"),
      spec: try BundleSpec([
        "helm": [
          "chart": "c", "valuesFiles": ["v.yaml"],
          "values": ["a": "<b> & c", "n": 1, "f": 1.5, "l": [1, "x", nil, true], "\u{E9}": "\u{2028}"],
        ],
        "targets": [
          ["name": "edge<1>", "clusterGroup": "g", "helm": ["values": ["r": 3], "valuesFiles": ["e.yaml"]]],
          ["name": "plain", "clusterGroup": "h", "helm": ["version": "2"]], ["name": "none", "clusterGroup": "i"],
        ],
      ]))
  }

  @Test("values, Secret and hash are those that Fleet makes, and come back as they were")
  func roundTrip() throws {
    let (stripped, values) = try BundleValues.cut(bundle())
    #expect(values.data.keys.sorted() == ["edge<1>", "values.yaml"])
    #expect(values.data["edge<1>"] == Array(#"{"r":3}"#.utf8))
    #expect(
      values.data["values.yaml"]
        == Array(#"{"a":"\u003cb\u003e \u0026 c","f":1.5,"l":[1,"x",null,true],"n":1,"é":"\u2028"}"#.utf8))
    // Derived with Go's encoding/json.
    #expect(stripped.spec.valuesHash == "f4f8ad5ed11aab916de787d9af17c1e999d283d7385cb9acab6fb2d86935c433")
    #expect(stripped.spec.options.helm?.values == .null && stripped.spec.options.helm?.valuesFiles == [])
    #expect(stripped.spec.options.helm?.chart == "c")
    #expect(stripped.spec.targets.allSatisfy { $0.options.helm?.values.isNull ?? true })
    var expected = try bundle()
    expected.spec.options.helm?.valuesFiles = []
    expected.spec.targets[0].options.helm?.valuesFiles = []
    #expect(try BundleValues(data: values.data).restore(stripped) == expected)
    #expect(try Bundle(stripped.value) == stripped)
  }

  @Test("a bundle without values has no Secret and no hash")
  func none() throws {
    var plain = try bundle()
    plain.spec.options.helm = try HelmOptions(["chart": "c", "values": [:], "valuesFiles": ["v.yaml"]])
    plain.spec.targets = []
    let (stripped, values) = try BundleValues.cut(plain)
    #expect(stripped == plain && values.data.isEmpty && values.hash.isEmpty)
    #expect(try BundleValues(data: ["values.yaml": Array("{}".utf8)]).restore(plain) == plain)
  }

  @Test("values that are not the bundle's are refused")
  func mismatch() throws {
    let (stripped, values) = try BundleValues.cut(bundle())
    for wrong in [BundleValues(data: [:]), BundleValues(data: ["values.yaml": values.data["values.yaml"] ?? []])] {
      #expect { try wrong.restore(stripped) } throws: { ($0 as? FleetError)?.code == .corruptContent }
    }
    let junk = BundleValues(data: ["values.yaml": [0xFF]])
    var bundle = stripped
    bundle.spec.valuesHash = junk.hash
    #expect { try junk.restore(bundle) } throws: { ($0 as? FleetError)?.code == .corruptContent }
  }

  @Test("targets whose values could not be told apart are refused")
  func names() throws {
    for name in ["edge<1>", "values.yaml", ""] {
      var bundle = try bundle()
      bundle.spec.targets[1].name = name
      bundle.spec.targets[1].options.helm?.values = ["x": 1]
      #expect { try BundleValues.cut(bundle) } throws: { ($0 as? FleetError)?.key == "spec.targets[1].name" }
    }
  }
}
