import Document

extension Value {
  /// Puts a finalizer on an object that is not being deleted.
  mutating func addFinalizer(_ name: String) {
    let finalizers = at("metadata", "finalizers")?.array ?? []
    guard !finalizers.contains(.string(name)), at("metadata", "deletionTimestamp") == nil else { return }
    set(.array(finalizers + [.string(name)]), at: "metadata", "finalizers")
  }

  /// Takes a finalizer off.
  mutating func removeFinalizer(_ name: String) {
    let finalizers = (at("metadata", "finalizers")?.array ?? []).filter { $0 != .string(name) }
    set(finalizers.isEmpty ? nil : .array(finalizers), at: "metadata", "finalizers")
  }
}
