extension RPCConnection {
  /// What is left to do once the lock is released.
  struct Effects {
    var schedule = false
    var waiters: [StreamBuffer.Waiter] = []
    /// Handlers of streams that are over, and whether they are to be cancelled.
    var finished: [(task: Task<Void, Never>, isFailed: Bool)] = []
    var opened: [(id: StreamID, open: Frame.Open, buffer: StreamBuffer)] = []
  }
}

extension RPCConnection.State {
  /// Performs the core's directives in order.
  mutating func performDirectives(_ effects: inout RPCConnection.Effects) {
    guard !core.directives.isEmpty else { return }
    // Swapped out, so that the array's memory is used again.
    var directives: [RPCConnectionCore.Directive] = []
    swap(&directives, &core.directives)
    for directive in directives { perform(directive, &effects) }
    directives.removeAll(keepingCapacity: directives.capacity <= 256)
    swap(&directives, &core.directives)
  }

  private mutating func perform(_ directive: RPCConnectionCore.Directive, _ effects: inout RPCConnection.Effects) {
    switch directive {
    case .transmit(let frame):
      outbound.append(frame)
    case .message(let id, let bytes):
      if let waiters = streams[id]?.push(bytes), !waiters.isEmpty { effects.waiters += waiters }
    case .writable(0):
      for buffer in streams.values { effects.waiters += buffer.takeWriters() }
    case .writable(let id):
      if let waiters = streams[id]?.takeWriters(), !waiters.isEmpty { effects.waiters += waiters }
    case .opened(let id, let open):
      let buffer = StreamBuffer()
      streams[id] = buffer
      effects.opened.append((id, open, buffer))
    case .halfClosed(let id):
      if let waiters = streams[id]?.finishReading() { effects.waiters += waiters }
    case .closed(let id, let error):
      guard let (waiters, task) = streams.removeValue(forKey: id)?.finish(error) else { break }
      effects.waiters += waiters
      if let task { effects.finished.append((task, error != nil)) }
    case .established:
      isEstablished = true
      wakeLifeWaiters(&effects)
    case .goaway(let goaway):
      self.goaway = goaway
      wakeLifeWaiters(&effects)
    case .failed(let error):
      failure = error
      wakeLifeWaiters(&effects)
    }
  }

  private mutating func wakeLifeWaiters(_ effects: inout RPCConnection.Effects) {
    effects.waiters += lifeWaiters
    lifeWaiters = []
  }
}
