/// Every limit of the bus in one place. Each has a test.
public enum WireLimits {
  /// The longest payload of one RPC message, in bytes.
  public static let payloadBytes = 1 << 20
  /// What a ZeroMQ part may hold beyond one payload: frame fields of a whole batch, in bytes.
  public static let headerBytes = 64 << 10
  /// The longest part of a ZeroMQ message, in bytes (ZMQ_MAXMSGSIZE).
  public static let partBytes = payloadBytes + headerBytes
  /// Frames in one batch.
  public static let framesPerBatch = 4096
  /// The longest string field of any message, in bytes of UTF-8.
  public static let stringBytes = 64 << 10
  /// The most items of any repeated field.
  public static let repeatedItems = 65_536
  /// Memory that any decoding may take, in bytes.
  public static let decodingBytes = 1 << 20
  /// Memory that decoding may take beyond that for each byte decoded; a message that wants more is refused.
  public static let decodingBytesPerByte = 40
  /// Metadata entries on one OPEN.
  public static let metadataEntries = 32
  /// The longest metadata value, in bytes.
  public static let metadataBytes = 8 << 10
  /// What a message costs of its stream's and connection's credit beyond its payload, in bytes.
  public static let messageOverheadBytes = 16
  /// The most credit one side may hold at once, in bytes; more is taken for a violation.
  public static let creditBytes = 1 << 30
  /// Bytes of one connection that wait for room in ZeroMQ's pipe before its senders wait, too, whatever credit the other side
  /// gave: more than any window of ours, so that only a peer that grants much and reads nothing meets it.
  public static let unsentBytes = 8 << 20
  /// Refused calls of one enrolled peer that are answered at once; further ones wait for their turn (`RefusalPace`).
  public static let refusalsAtOnce = 100
  /// The same for a peer that is not enrolled.
  public static let refusalsAtOnceForStrangers = 10
  /// How many refused calls of one peer are answered in a second after those.
  public static let refusalsPerSecond = 10
  /// Refused calls of one peer that wait for their answer; a peer with more is cut off.
  public static let refusalsWaiting = 100
  /// A batch is closed and sent when it has grown to this many bytes.
  public static let batchBytes = 32 << 10
  /// Payloads from this size travel in a ZeroMQ part of their own, without being copied, in bytes.
  public static let separatePayloadBytes = 16 << 10
  /// Deployments in one `Desired`.
  public static let itemsPerDesired = 256
  /// Deployments in one `StatusReport`.
  public static let statusesPerReport = 64
  /// Bytes of statuses in one `StatusReport`, unless a single one is longer.
  public static let statusReportBytes = 512 << 10
}
