import Document
import Testing

@Suite("Value") struct ValueTests {
  @Test("nested members are set, read and removed by path")
  func paths() {
    var value: Value = nil
    value.set("web", at: "metadata", "labels", "app")
    value["kind"] = "Pod"
    #expect(value == ["kind": "Pod", "metadata": ["labels": ["app": "web"]]])
    #expect(value.at("metadata", "labels", "app")?.string == "web")
    #expect(value.at("metadata", "labels")?.stringMap == ["app": "web"])
    value.set(nil, at: "metadata", "labels", "app")
    value.set(nil, at: "spec", "replicas")
    #expect(value == ["kind": "Pod", "metadata": ["labels": [:]]])
    #expect(([1, "two"] as Value)[1] == "two")
    #expect(([1] as Value)[1] == nil)
  }

  @Test("an accessor answers for its own type alone")
  func types() {
    let one: Value = 1
    #expect(one.int == 1 && one.double == 1 && one.string == nil && one.bool == nil)
    #expect((1.0 as Value) == .integer(1))
    #expect(Value.number(3).canonical == .integer(3))
    #expect((["a": 1] as Value).stringMap == nil)
    #expect((nil as Value).isNull && one["x"] == nil && one[0] == nil)
  }

  @Test("a document of the greatest depth goes through every operation on a task's small stack")
  func depth() async throws {
    let limit = DocumentLimits.default.depth
    let text = String(repeating: "{\"a\":", count: limit) + "1" + String(repeating: "}", count: limit)
    try await Task.detached {
      let value = try JSON.parse(text)
      #expect(try YAML.parse(text) == [value])
      #expect(try YAML.parse(YAML.emit(value)) == [value])
      #expect(JSON.string(value) == text)
      #expect(value.merging(value) == value && value.applyingMergePatch(value) == value)
      #expect(Value.mergePatch(from: value, to: value) == [:])
      #expect(try StrategicMerge.apply(value, to: value) == value)
      let pointer = JSONPointer(tokens: Array(repeating: "a", count: limit))
      #expect(value.at(pointer) == 1 && value.removing(pointer) != value)
    }.value
  }
}
