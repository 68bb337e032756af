/// How a `BusClient` connects.
public struct BusClientConfiguration: Sendable {
  /// Where the server listens, in the order they are tried: "tcp://HOST:PORT" or "in-process:NAME".
  public var endpoints: [String]
  /// The key that the server must prove to have.
  public var serverKey: CurvePublicKey
  /// How long each endpoint may take until the connection is established.
  public var connectTimeout: Duration = .seconds(10)
  /// Streams that the server may have open at once over this connection.
  public var streamsMax = 128
  /// Bytes that the server may send on one stream before its reader takes them.
  public var streamCreditBytes = 256 << 10
  /// Bytes that the server may have on the way to here on all streams together.
  public var connectionCreditBytes = 4 << 20
  /// Connects without CURVE to a server that runs without it. For measurements alone.
  public var insecure = false

  /// The defaults, for one server at one or more endpoints.
  public init(endpoints: [String], serverKey: CurvePublicKey) {
    self.endpoints = endpoints
    self.serverKey = serverKey
  }
}
