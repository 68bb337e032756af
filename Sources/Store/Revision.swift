/// A point in a store's history. Every write gets its own; they start at 1, grow by exactly one, and are never reused.
public struct Revision: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number, 0 for the point before the first write.
  public let value: UInt64

  /// The point before the first write: a watch after it sees everything the history still holds.
  public static let zero = Revision(0)

  /// A revision by its number.
  public init(_ value: UInt64) {
    self.value = value
  }

  /// The revision with this number.
  public init(value: UInt64) {
    self.value = value
  }

  /// The decimal text that `metadata.resourceVersion` uses; nil unless `text` is exactly such a number.
  public init?(_ text: String) {
    guard let value = UInt64(text), String(value) == text else { return nil }
    self.value = value
  }

  /// Decimal, without separators.
  public var description: String { String(value) }

  /// Older revisions come first.
  public static func < (left: Revision, right: Revision) -> Bool { left.value < right.value }
}
