import CZeroMQ
import Glibc

/// The server's ROUTER socket on its I/O thread.
///
/// Who sent a message is known from the User-Id that ZAP set for its connection, and from nothing else. The routing id only says
/// where an answer goes; one that is not of the User-Id's key is refused and its pipe cut.
final class RouterEndpoint: LoopParticipant {
  private final class Peer {
    let connection: RPCConnection
    let routingID: RoutingID
    let userID: [CChar]
    var unsent = OutboundBacklog()

    init(_ connection: RPCConnection, _ routingID: RoutingID) {
      self.connection = connection
      self.routingID = routingID
      userID = connection.peer.z85.utf8.map { CChar(bitPattern: $0) } + [0]
    }
  }

  private static let messagesPerService = 256

  let descriptors: [Int32]
  let boundEndpoint: String
  private let context: ZeroMQContext
  private let socket: ZeroMQSocket
  private let admissions: Admissions
  private let insecure: Bool
  private let evictionAddress: String
  private let parts = MessageParts()
  private var peers: [RoutingID: Peer] = [:]
  private var peersByConnection: [UInt64: Peer] = [:]
  private var blocked: Set<RoutingID> = []
  private var frames: [Frame] = []
  /// To be given to the same loop.
  let listening: ListenerGuard

  init(
    _ context: ZeroMQContext, _ configuration: BusServerConfiguration, _ keyPair: CurveKeyPair, _ admissions: Admissions
  ) throws(WireError) {
    self.context = context
    self.admissions = admissions
    insecure = configuration.insecure
    evictionAddress = "inproc://evict"
    socket = try context.socket(ZMQ_ROUTER)
    try socket.set(ZMQ_ROUTER_MANDATORY, 1 as Int32)
    try socket.set(ZMQ_ROUTER_HANDOVER, 1 as Int32)
    try socket.set(ZMQ_LINGER, 0 as Int32)
    try socket.set(ZMQ_BACKLOG, 4096 as Int32)
    try socket.set(ZMQ_MAXMSGSIZE, Int64(WireLimits.partBytes))
    try socket.set(ZMQ_SNDHWM, SocketOptions.highWaterMark)
    try socket.set(ZMQ_RCVHWM, SocketOptions.highWaterMark)
    try socket.set(ZMQ_HANDSHAKE_IVL, SocketOptions.milliseconds(configuration.handshakeTimeout))
    try SocketOptions.findDeadPeers(socket, configuration.heartbeatInterval)
    if !insecure {
      try socket.set(ZMQ_CURVE_SERVER, 1 as Int32)
      try socket.set(ZMQ_CURVE_SECRETKEY, keyPair.secretKey.bytes)
    }
    try socket.bind(evictionAddress)
    try socket.bind(configuration.endpoint)
    boundEndpoint = socket.lastEndpoint
    listening = try ListenerGuard(context, watching: socket, endpoint: boundEndpoint, admissions)
    descriptors = [socket.descriptor]
  }

  // Receiving.

  var hasBacklog: Bool { !blocked.isEmpty }

  func service(_ loop: LoopState) -> Bool {
    retryBlocked(loop)
    // Last, until there is nothing: every other call may have taken the sign that there is something from the mailbox.
    for _ in 0..<Self.messagesPerService {
      guard let count = socket.receive(parts) else { return false }
      receive(count, loop)
    }
    return true
  }

  private func retryBlocked(_ loop: LoopState) {
    guard !blocked.isEmpty else { return }
    // Takes in which pipes have room again; sending alone does so only now and then.
    _ = socket.events
    for identifier in blocked {
      if let peer = peers[identifier] { sendBacklog(of: peer, loop) } else { blocked.remove(identifier) }
    }
    countWaiting()
  }

  private func receive(_ count: Int, _ loop: LoopState) {
    let routing = parts.bytes(0)
    admissions.counters.messagesIn.add(1, ordering: .relaxed)
    let bytes = (1..<max(2, min(count, MessageParts.capacity))).reduce(0) { $0 + parts.bytes($1).count }
    admissions.counters.bytesIn.add(bytes, ordering: .relaxed)
    guard let routingID = RoutingID(routing) else {
      admissions.counters.malformedMessages.add(1, ordering: .relaxed)
      return evict(Array(routing))
    }
    let peer = peers[routingID]
    guard count == 2 || count == 3 else {
      admissions.counters.malformedMessages.add(1, ordering: .relaxed)
      if let peer { end(peer, RPCError(.internal, "a message of \(count - 1) parts is not of the bus protocol"), loop) }
      return evict(routingID.bytes)
    }
    if let peer, !isSender(peer) {
      // The pipe under this id is now somebody else's; the connection that had it is lost.
      admissions.counters.foreignRoutingIDs.add(1, ordering: .relaxed)
      end(peer, RPCError(.unavailable, "another key took this connection's routing id"), loop)
      return evict(routingID.bytes)
    }
    frames.removeAll(keepingCapacity: true)
    do throws(WireError) {
      try BatchCodec.decode(parts.bytes(1), payload: count == 3 ? parts.bytes(2) : nil, into: &frames)
    } catch {
      admissions.counters.malformedMessages.add(1, ordering: .relaxed)
      guard let peer else { return evict(routingID.bytes) }
      let failure = RPCError(.internal, "the peer sent what is not of the bus protocol: \(error.message)", cause: error)
      return peer.connection.fail(failure, notify: true)
    }
    admissions.counters.framesIn.add(frames.count, ordering: .relaxed)
    if let peer { peer.connection.receive(frames, now: loop.now) } else { greet(routingID, loop) }
  }

  private func isSender(_ peer: Peer) -> Bool {
    if insecure { return true }
    guard let userID = parts.userID(1) else { return false }
    return peer.userID.withUnsafeBufferPointer { known in
      guard let start = known.baseAddress else { return false }
      return strcmp(userID, start) == 0
    }
  }

  /// The first message under a routing id.
  private func greet(_ routingID: RoutingID, _ loop: LoopState) {
    guard case .settings(let settings)? = frames.first else {
      admissions.counters.strayMessages.add(1, ordering: .relaxed)
      return refuse(routingID, RPCError(.unavailable, "the manager does not know this connection; connect again"))
    }
    guard let key = senderKey(settings) else {
      // libzmq lets in unnamed whose handshake met nobody to ask, which is so for a moment when `ZAPHandler` changes its socket.
      admissions.counters.strayMessages.add(1, ordering: .relaxed)
      refuse(routingID, RPCError(.unavailable, "the manager could not look at this key; connect again"))
      return evict(routingID.bytes)
    }
    guard routingID.belongs(to: key) else {
      admissions.counters.foreignRoutingIDs.add(1, ordering: .relaxed)
      return evict(routingID.bytes)
    }
    do throws(RPCError) {
      let (connection, ended) = try admissions.admit(key, now: loop.now, driver: loop.loop)
      let peer = Peer(connection, routingID)
      peers[routingID] = peer
      peersByConnection[connection.id] = peer
      for old in ended { loop.flush(old) }
      loop.attach(connection, to: self)
      connection.receive(frames, now: loop.now)
    } catch {
      refuse(routingID, error)
      evict(routingID.bytes)
    }
  }

  private func senderKey(_ settings: Settings) -> CurvePublicKey? {
    if insecure { return try? CurvePublicKey(bytes: settings.publicKey) }
    guard let userID = parts.userID(1) else { return nil }
    return try? CurvePublicKey(z85: String(cString: userID))
  }

  // Sending.

  func send(_ messages: [OutboundMessage], for connection: RPCConnection, _ loop: LoopState) {
    guard let peer = peersByConnection[connection.id] else { return }
    peer.unsent.append(messages)
    sendBacklog(of: peer, loop)
    if peer.unsent.isEmpty, connection.failure != nil { drop(peer, loop, cut: true) }
  }

  private func sendBacklog(of peer: Peer, _ loop: LoopState) {
    while let message = peer.unsent.first {
      switch send(message, to: peer.routingID) {
      case .sent:
        count(message)
        peer.unsent.removeFirst()
      case .full:
        admissions.counters.fullPipes.add(1, ordering: .relaxed)
        blocked.insert(peer.routingID)
        countWaiting()
        peer.connection.hold(peer.unsent.bytes)
        // A peer that is being cut off is not waited for.
        if peer.connection.failure != nil { drop(peer, loop, cut: true) }
        return
      case .unreachable: return end(peer, RPCError(.unavailable, "the peer's connection is gone"), loop)
      }
    }
    if blocked.remove(peer.routingID) != nil {
      countWaiting()
      peer.connection.hold(0)
    }
  }

  private func countWaiting() { admissions.counters.waitingPeers.store(blocked.count, ordering: .relaxed) }

  private func count(_ message: OutboundMessage) {
    admissions.counters.messagesOut.add(1, ordering: .relaxed)
    admissions.counters.bytesOut.add(message.byteCount, ordering: .relaxed)
    admissions.counters.framesOut.add(message.frames, ordering: .relaxed)
  }

  private func send(_ message: OutboundMessage, to routingID: RoutingID) -> ZeroMQSocket.Sent {
    let addressed = routingID.bytes.withUnsafeBytes { socket.send($0, more: true) }
    guard addressed == .sent else { return addressed }
    let sent = message.batch.withUnsafeBytes { socket.send($0, more: message.payload != nil) }
    guard sent == .sent, let payload = message.payload else { return sent }
    return socket.send(payload)
  }

  /// Tells a peer without a connection why it has none.
  private func refuse(_ routingID: RoutingID, _ error: RPCError) {
    var batch: [UInt8] = []
    BatchCodec.append(.close(0, error.code, error.message), to: &batch)
    _ = send(OutboundMessage(batch: batch, payload: nil), to: routingID)
  }

  // Ending.

  private func end(_ peer: Peer, _ error: RPCError, _ loop: LoopState) {
    drop(peer, loop, cut: false)
    peer.connection.fail(error)
  }

  private func drop(_ peer: Peer, _ loop: LoopState, cut: Bool) {
    guard peersByConnection.removeValue(forKey: peer.connection.id) != nil else { return }
    peers[peer.routingID] = nil
    if blocked.remove(peer.routingID) != nil { countWaiting() }
    admissions.remove(peer.connection)
    loop.detach(peer.connection)
    if cut { evict(peer.routingID.bytes) }
  }

  /// Cuts a peer's pipe: from here on nothing of it is read. libzmq has no call for it, but a local socket that takes over the
  /// id (ROUTER_HANDOVER) makes the ROUTER end the pipe that had it, after what was sent. The TCP connection ends when the
  /// peer does as CLOSE says or, where it goes on talking, at the next ZMTP heartbeat.
  private func evict(_ routingID: [UInt8]) {
    guard !routingID.isEmpty, routingID[0] != 0 else { return }
    do throws(WireError) {
      let successor = try context.socket(ZMQ_DEALER)
      try successor.set(ZMQ_LINGER, 0 as Int32)
      try successor.set(ZMQ_ROUTING_ID, routingID)
      try successor.connect(evictionAddress)
      // Makes the ROUTER see the newcomer now.
      _ = socket.events
      successor.close()
    } catch {
      admissions.parameters.logger.warning("cannot cut a peer's pipe", metadata: ["error": "\(error)"])
    }
  }

  func close(_ loop: LoopState) {
    for peer in Array(peers.values) {
      peer.connection.fail(RPCError(.unavailable, "the manager is stopping; connect again"), notify: true)
      peer.unsent.append(peer.connection.takeOutbound().messages)
      sendBacklog(of: peer, loop)
      drop(peer, loop, cut: false)
    }
    loop.remove(self)
    listening.close(loop)
    // The last words of CLOSE get a moment to leave.
    try? socket.set(ZMQ_LINGER, SocketOptions.lastWordsMilliseconds)
    socket.close()
  }
}
