import Document

/// A field in which a live object differs from what was deployed, for people: without secrets, and of bounded length.
public struct FieldDifference: Sendable, Hashable {
  /// Such as `spec.template.spec.containers[name=web].image`.
  public var path: String
  /// The live value as JSON; empty where the field is not there.
  public var live: String
  /// The deployed value as JSON; empty where the field is not there.
  public var desired: String
  /// Instead of the values, where both are texts of several lines: the hunks of a unified difference from live to desired.
  public var lines = ""

  /// Everything in which two trees of one object differ, in order of the fields.
  ///
  /// Elements of lists are told apart by what names them, such as `name` or `containerPort`, and by their place where
  /// nothing does.
  ///
  /// - Parameters:
  ///   - live: the object as it is.
  ///   - desired: the object as it should be.
  ///   - object: which object; a Secret's values are hidden.
  /// - Returns: at most ``Limits/differingFields`` fields, and how many more there are.
  public static func all(
    from live: Value, to desired: Value, of object: ObjectIdentity
  ) -> (fields: [FieldDifference], leftOut: Int) {
    var search = Search(hidesValues: SecretValues.areIn(object))
    search.compare(live, desired, at: [])
    return (search.found, search.leftOut)
  }
}

private enum Step {
  case field(String)
  case place(Int)
  case named(key: String, Value)

  var text: String {
    switch self {
    case .field(let name):
      let isPlain = name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == 0x2D || byte == 0x5F
      }
      return isPlain && !name.isEmpty ? ".\(name)" : "[\(JSON.string(.string(name)))]"
    case .place(let index): return "[\(index)]"
    case .named(let key, .string(let text)): return "[\(key)=\(text)]"
    case .named(let key, let value): return "[\(key)=\(JSON.string(value))]"
    }
  }
}

/// Walks two trees side by side.
private struct Search {
  let hidesValues: Bool
  var found: [FieldDifference] = []
  var leftOut = 0

  /// What names an element of a list in Kubernetes' kinds, the most telling first.
  private static let names = [
    "name", "key", "type", "containerPort", "port", "mountPath", "devicePath", "ip", "topologyKey", "host", "path",
    "uid",
  ]

  init(hidesValues: Bool) { self.hidesValues = hidesValues }

  mutating func compare(_ live: Value?, _ desired: Value?, at path: [Step]) {
    guard live != desired else { return }
    switch (live, desired) {
    case (.object(let old)?, .object(let new)?):
      for key in Set(old.keys).union(new.keys).sorted() { compare(old[key], new[key], at: path + [.field(key)]) }
    case (.array(let old)?, .array(let new)?): compare(old, new, at: path)
    default: tell(live, desired, at: path)
    }
  }

  private mutating func compare(_ old: [Value], _ new: [Value], at path: [Step]) {
    guard (old + new).allSatisfy({ $0.object != nil }) else { return tell(.array(old), .array(new), at: path) }
    guard let key = Self.names.first(where: { Self.names(old, by: $0) && Self.names(new, by: $0) }) else {
      for index in 0..<max(old.count, new.count) {
        compare(
          old.indices.contains(index) ? old[index] : Value?.none,
          new.indices.contains(index) ? new[index] : Value?.none, at: path + [.place(index)])
      }
      return
    }
    let before = found.count + leftOut
    let names = (old + new).compactMap { $0[key] }
    var seen: Set<Value> = []
    for name in names where seen.insert(name).inserted {
      compare(
        old.first { $0[key] == name }, new.first { $0[key] == name }, at: path + [.named(key: key, name)])
    }
    guard found.count + leftOut == before else { return }
    // The same elements in another order.
    tell(.array(old.compactMap { $0[key] }), .array(new.compactMap { $0[key] }), at: path)
  }

  private static func names(_ elements: [Value], by key: String) -> Bool {
    let names = elements.compactMap { $0[key] }
    return names.count == elements.count && Set(names).count == names.count
      && names.allSatisfy { $0.object == nil && $0.array == nil && !$0.isNull }
  }

  private mutating func tell(_ live: Value?, _ desired: Value?, at path: [Step]) {
    guard found.count < Limits.differingFields else {
      leftOut += 1
      return
    }
    let text = String(path.map(\.text).joined().trimmingPrefix("."))
    var difference = FieldDifference(path: text, live: "", desired: "")
    if !hidesValues, let old = live?.string, let new = desired?.string, old.contains("\n"), new.contains("\n") {
      difference.lines = LineDifference.hunks(from: old, to: new)
    }
    if difference.lines.isEmpty {
      difference.live = shown(live, at: path)
      difference.desired = shown(desired, at: path)
    }
    found.append(difference)
  }

  private func shown(_ value: Value?, at path: [Step]) -> String {
    guard var value else { return "" }
    if hidesValues {
      let fields = path.map { step in if case .field(let name) = step { name } else { step.text } }
      value = SecretValues.hiding(value, at: fields)
    }
    for candidate in [value, DriftPatch.shortened(value)] {
      let text = JSON.string(candidate)
      if text.utf8.count <= Limits.fieldValueBytes { return text }
    }
    return JSON.string(.string("… (\(JSON.string(value).utf8.count) bytes)"))
  }
}
