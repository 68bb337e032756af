/// What a child that ended by itself left.
public struct ConfinedOutput: Sendable, Hashable {
  /// Its exit status.
  public let status: Int32
  /// What it wrote to standard output, whole.
  public let output: [UInt8]
  /// What it wrote to standard error; the middle is left out, and said to be, where it is longer than `errorBytes`.
  public let errorOutput: String
}
