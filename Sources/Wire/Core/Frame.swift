/// Names a stream within a connection: odd ids are opened by the connecting side, even ones by the bound side.
typealias StreamID = UInt64

/// One step of a stream or of the connection, as `Frame` of `Proto/flotilla/v1/bus.proto` describes it.
enum Frame: Sendable {
  struct Open: Sendable, Hashable {
    var method: String
    /// Time left; nil is no deadline.
    var deadline: Duration?
    var metadata: RPCMetadata
  }

  case open(StreamID, Open)
  case message(StreamID, Payload)
  case halfClose(StreamID)
  /// On stream 0: the connection's end.
  case close(StreamID, StatusCode, String)
  /// On stream 0: credit of the connection.
  case credit(StreamID, UInt64)
  case ping
  case pong
  case goaway(Goaway)
  case settings(Settings)
  /// A kind that this version does not know; skipped.
  case unrecognized
}
