import Document

/// What of a deployment's objects is not drift because its bundle says so: `diff.comparePatches` (fleet-behaviour §5.8).
///
/// An entry without namespace or name means any. `jsonPointers` select by group and kind, both of which may be globs, and not
/// by version; operations select by the exact apiVersion and kind. What an entry names and an object lacks is no error.
public struct DriftRules: Sendable, Hashable {
  private struct Selector: Sendable, Hashable {
    var apiVersion: String
    var group: Glob?
    var kind: Glob?
    var exactKind: String
    var namespace: String
    var name: String
    var namePattern: RegularExpression?

    func isPlace(of object: ObjectIdentity) -> Bool { namespace.isEmpty || namespace == object.namespace }

    func selectsByGlobs(_ object: ObjectIdentity) -> Bool {
      guard let group, let kind, isPlace(of: object) else { return false }
      return (name.isEmpty || name == object.name) && group.matches(object.group) && kind.matches(object.kind)
    }

    func selectsExactly(_ object: ObjectIdentity) -> Bool {
      apiVersion == object.apiVersion && exactKind == object.kind && isPlace(of: object)
        && (name.isEmpty || name == object.name)
    }

    func ignores(_ object: ObjectIdentity) -> Bool {
      guard apiVersion == object.apiVersion, exactKind == object.kind, isPlace(of: object) else { return false }
      return name.isEmpty || name == object.name || namePattern?.matchesPrefix(of: object.name) == true
    }
  }

  private struct Rule: Sendable, Hashable {
    var selector: Selector
    var pointers: [JSONPointer] = []
    var patches: [JSONPatch] = []
    var ignores = false
  }

  private var rules: [Rule] = []

  /// What could not be understood and therefore has no effect, in words for a person.
  public private(set) var problems: [String] = []

  /// Rules that ignore nothing.
  public init() {}

  /// The rules that a bundle gives. What cannot be understood is left out, and told in ``problems``.
  public init(_ patches: [ComparePatch]) {
    for (index, patch) in patches.prefix(Limits.comparePatches).enumerated() {
      let place = "diff.comparePatches[\(index)]"
      var rule = Rule(selector: Self.selector(patch))
      if !patch.jsonPointers.isEmpty, rule.selector.group == nil || rule.selector.kind == nil {
        problems.append("\(place): apiVersion \"\(patch.apiVersion)\" or kind \"\(patch.kind)\" is no valid glob")
      }
      for text in patch.jsonPointers {
        do throws(DocumentError) {
          rule.pointers.append(try JSONPointer(text))
        } catch {
          problems.append("\(place).jsonPointers: \(error.message)")
        }
      }
      for operation in patch.operations { add(operation, of: patch, at: place, to: &rule) }
      rules.append(rule)
    }
    if patches.count > Limits.comparePatches {
      problems.append(
        "diff.comparePatches has \(patches.count) entries; those after \(Limits.comparePatches) are left out")
    }
  }

  private mutating func add(
    _ operation: ComparePatch.Operation, of patch: ComparePatch, at place: String, to rule: inout Rule
  ) {
    if operation.op == "ignore" {
      rule.ignores = true
      guard !patch.name.isEmpty, rule.selector.namePattern == nil else { return }
      do throws(FleetError) {
        _ = try RegularExpression(patch.name)
        // As Go's `MatchString`: anywhere in the name.
        rule.selector.namePattern = try RegularExpression(".*(?:\(patch.name))")
      } catch {
        problems.append("\(place).name \"\(patch.name)\" \(error.message)")
      }
      return
    }
    do throws(DocumentError) {
      var step: Value = ["op": .string(operation.op), "path": .string(operation.path)]
      if operation.op != "remove" { step["value"] = .string(operation.value) }
      rule.patches.append(try JSONPatch([step]))
    } catch {
      problems.append("\(place).operations: \(error.message)")
    }
  }

  private static func selector(_ patch: ComparePatch) -> Selector {
    // Everything before the slash is the group; the core group has no slash, and a lone star means every group.
    let parts = patch.apiVersion.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let group = parts.count == 2 ? String(parts[0]) : patch.apiVersion == "*" ? "*" : ""
    return Selector(
      apiVersion: patch.apiVersion, group: Glob(group), kind: Glob(patch.kind), exactKind: patch.kind,
      namespace: patch.namespace, name: patch.name)
  }

  /// Whether the object does not count at all, be it there or missing.
  public func ignores(_ object: ObjectIdentity) -> Bool {
    rules.contains { $0.ignores && $0.selector.ignores(object) }
  }

  /// An object's tree without what does not count; both sides of a comparison go through here.
  public func normalize(_ tree: Value, of object: ObjectIdentity) -> Value {
    var result = tree
    for rule in rules {
      if !rule.pointers.isEmpty, rule.selector.selectsByGlobs(object) {
        for pointer in rule.pointers { result = result.removing(pointer) }
      }
      guard !rule.patches.isEmpty, rule.selector.selectsExactly(object) else { continue }
      for patch in rule.patches {
        do throws(DocumentError) { result = try patch.apply(to: result) } catch { continue }
      }
    }
    return result
  }
}
