import Document
import Foundation
import Testing

@Suite("Strategic merge patch") struct StrategicMergeTests {
  /// The parts of a Pod template's schema that matter here, as a kube-apiserver publishes them.
  static let schema: Value = [
    "properties": [
      "metadata": [
        "properties": ["finalizers": ["x-kubernetes-patch-strategy": "merge", "items": ["type": "string"]]]
      ],
      "spec": [
        "properties": [
          "containers": [
            "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name",
            "items": [
              "properties": [
                "ports": ["x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "containerPort"],
                "env": ["x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name"],
              ]
            ],
          ],
          "volumes": ["x-kubernetes-patch-strategy": "merge,retainKeys", "x-kubernetes-patch-merge-key": "name"],
          "tolerations": ["type": "array"], "strategy": ["x-kubernetes-patch-strategy": "retainKeys"],
          "bad": ["x-kubernetes-patch-strategy": "merge"],
        ]
      ],
    ]
  ]

  private func spec(_ original: String, _ patch: String) throws -> Value? {
    try StrategicMerge.apply(
      ["spec": try YAML.parse(patch).first ?? [:]], to: ["spec": try YAML.parse(original).first ?? [:]],
      schema: Self.schema)["spec"]
  }

  @Test("lists merge by key, with every directive, as apimachinery does it")
  func directives() throws {
    let two = "containers: [{name: a, image: a1, env: [{name: X, value: '1'}]}, {name: b, image: b1}]"
    let cases: [(String, String, String)] = [
      (
        two, "containers: [{name: b, image: b2}]",
        "containers: [{name: a, image: a1, env: [{name: X, value: '1'}]}, {name: b, image: b2}]"
      ),
      (
        two, "containers: [{name: c, image: c1}]",
        "containers: [{name: c, image: c1}, {name: a, image: a1, env: [{name: X, value: '1'}]}, {name: b, image: b1}]"
      ),
      (two, "containers: [{name: a, $patch: delete}]", "containers: [{name: b, image: b1}]"),
      (two, "containers: [{$patch: replace}, {name: z}]", "containers: [{name: z}]"),
      (
        two, "containers: [{name: a, env: [{name: Y, value: '2'}, {name: X, $patch: delete}], image: null}]",
        "containers: [{name: a, env: [{name: Y, value: '2'}]}, {name: b, image: b1}]"
      ),
      (
        two, "{$setElementOrder/containers: [{name: b}, {name: a}]}",
        "containers: [{name: b, image: b1}, {name: a, image: a1, env: [{name: X, value: '1'}]}]"
      ),
      (
        two, "{$setElementOrder/containers: [{name: c}, {name: b}], containers: [{name: c}]}",
        "containers: [{name: c}, {name: a, image: a1, env: [{name: X, value: '1'}]}, {name: b, image: b1}]"
      ),
      ("tolerations: [1, 2]", "tolerations: [3]", "tolerations: [3]"),
      ("a: {b: 1, c: 2}", "a: {$patch: replace, d: 3}", "a: {d: 3}"),
      ("a: {b: 1}\nx: 1", "a: {$patch: delete}", "a: {}\nx: 1"), ("a: 1", "a: null\nb: {c: null, d: 1}", "b: {d: 1}"),
      (
        "volumes: [{name: v, emptyDir: {}}]",
        "volumes: [{name: v, hostPath: {path: /x}, $retainKeys: [name, hostPath]}]",
        "volumes: [{name: v, hostPath: {path: /x}}]"
      ),
      (
        "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}",
        "strategy: {$retainKeys: [type], type: Recreate}", "strategy: {type: Recreate}"
      ),
      ("a: [1]", "a: {b: 1}", "a: {b: 1}"),
      (
        "{}", "containers: [{name: a, $patch: delete}, {name: b, ports: [{containerPort: 1, $patch: delete}]}]",
        "containers: [{name: b, ports: []}]"
      ),
      (
        "containers: [{name: a, ports: [{containerPort: 80, name: x}]}]",
        "containers: [{name: a, ports: [{containerPort: 80, name: y}, {containerPort: 81}]}]",
        "containers: [{name: a, ports: [{containerPort: 80, name: y}, {containerPort: 81}]}]"
      ),
    ]
    for (original, patch, expected) in cases {
      let result = try spec(original, patch)
      let wanted = try YAML.parse(expected).first
      #expect(result == wanted, "\(original)\n\(patch)")
    }
  }

  @Test("lists of scalars merge as sets, and lose what $deleteFromPrimitiveList names")
  func primitives() throws {
    let original: Value = ["metadata": ["finalizers": ["a", "b"]]]
    func finalizers(_ patch: Value) throws -> Value? {
      try StrategicMerge.apply(["metadata": patch], to: original, schema: Self.schema).at("metadata", "finalizers")
    }
    // New ones go where the patch has them, and what both know keeps the order of the patch.
    #expect(try finalizers(["finalizers": ["c", "a"]]) == ["c", "a", "b"])
    #expect(try finalizers(["$deleteFromPrimitiveList/finalizers": ["a"]]) == ["b"])
    #expect(
      try finalizers([
        "$setElementOrder/finalizers": ["b", "c"], "finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"],
      ]) == ["b", "c"])
  }

  @Test("a wrong directive or a missing merge key is an error that names the field")
  func errors() {
    for (original, patch, message) in [
      ("a: {}", "a: {$patch: frob}", "at spec.a: unknown $patch directive"),
      ("containers: [{name: a}]", "containers: [{image: x}]", "no merge key \"name\""),
      ("containers: [{name: a}]", "containers: [1]", "must be an object"),
      ("bad: [{x: 1}]", "bad: [{x: 1}]", "names no merge key"),
      ("{}", "{$setElementOrder/containers: [{name: a}], containers: [{name: b}]}", "is not in $setElementOrder"),
      ("a: {}", "a: {$retainKeys: [x], z: 1}", "sets \"z\""),
      ("containers: [{name: a}]", "containers: [{name: a, $patch: merge}]", "inside a list"),
    ] {
      do {
        _ = try spec(original, patch)
        Issue.record("\(patch) was accepted")
      } catch { #expect("\(error)".contains(message), "\(error)") }
    }
  }

  @Test("kubectl patches a Deployment to the same result", .enabled(if: Kubectl.isThere))
  func kubectl() async throws {
    let original = """
      apiVersion: v1
      kind: Pod
      metadata: {name: p, finalizers: [x/a, x/b]}
      spec:
        containers:
        - {name: a, image: a1, env: [{name: X, value: '1'}, {name: Y, value: '2'}]}
        - {name: b, image: b1}
        - {name: c, image: c1}
      """
    let patches = [
      "spec: {containers: [{name: d, image: d1}, {name: b, image: b2}]}",
      "spec: {containers: [{name: c, $patch: delete}, {name: e, image: e1}]}",
      "spec: {containers: [{name: a, env: [{name: Z, value: '3'}, {name: X, value: '9'}]}]}",
      "spec: {$setElementOrder/containers: [{name: c}, {name: a}], containers: [{name: a, image: a9}]}",
      "spec: {$setElementOrder/containers: [{name: n}, {name: b}, {name: a}], containers: [{name: n, image: n1}]}",
      "metadata: {finalizers: [x/c, x/a]}", "metadata: {$deleteFromPrimitiveList/finalizers: [x/a]}",
      "metadata: {$setElementOrder/finalizers: [x/b, x/a]}",
      "spec: {containers: [{$patch: replace}, {name: q, image: q1}]}",
    ]
    for patch in patches {
      let output = try await Kubectl.run(
        ["patch", "--local", "-f", "-", "--type", "strategic", "-p", patch, "-o", "json"], original)
      let theirs = try JSON.parse(output)
      let ours = try StrategicMerge.apply(
        try YAML.parse(patch)[0], to: try YAML.parse(original)[0], schema: Self.schema)
      for path in [["spec", "containers"], ["metadata", "finalizers"]] {
        #expect(names(ours.at(path)) == names(theirs.at(path)), "\(patch)")
      }
    }
  }

  /// What the two have in common: kubectl prints typed objects, with defaulted members such as `resources: {}`.
  private func names(_ value: Value?) -> [String] {
    (value?.array ?? []).map { element in
      guard element.object != nil else { return element.description }
      return [element["name"], element["image"], element["env"]].map { $0?.description ?? "-" }.joined(separator: " ")
    }
  }
}
