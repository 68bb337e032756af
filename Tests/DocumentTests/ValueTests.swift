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
}
