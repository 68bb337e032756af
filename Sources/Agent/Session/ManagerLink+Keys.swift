import Wire

/// Changing the agent's key, and following the manager's.
extension ManagerLink {
  /// Changes the agent's key, by the manager's wish or by age: announces a new one over the session, and answers with it. That it
  /// takes the old one's place follows on a connection of its own, which proves it.
  ///
  /// - Throws: `RPCError`: `failedPrecondition` where keys are not kept here or the agent is not connected.
  func rotateKey() async throws -> CurvePublicKey {
    guard let keeper, let channel else {
      throw RPCError(.failedPrecondition, "this agent's key cannot be changed now")
    }
    let next = try keys.next ?? CurveKeyPair.generate()
    // On disk before the manager knows it: from then on it may be the only one that works.
    if keys.next == nil { try await keeper.keep(next: next) }
    keys.next = next
    _ = try await channel.unary(Keys.announce, KeyChange(next.publicKey), deadline: AgentLimits.keyDeadline)
    if switching == nil { switching = Task { await self.switchKeys() } }
    return next.publicKey
  }

  /// Changes the key whenever it is older than allowed.
  func rotateKey(olderThan age: Duration) async throws {
    guard let keeper else { return }
    while true {
      let left = age - (try await keeper.keyAge())
      if left > .zero { try await Task.sleep(for: min(left, AgentLimits.keyRotationRetry)) }
      guard try await keeper.keyAge() >= age else { continue }
      do {
        _ = try await rotateKey()
        logger.info("the agent's key is older than allowed and is changed")
        try await Task.sleep(for: AgentLimits.keyDeadline)
      } catch let error as RPCError {
        logger.debug("the agent's key is older than allowed and cannot be changed yet", metadata: ["error": "\(error)"])
        try await Task.sleep(for: channel == nil ? .seconds(1) : AgentLimits.keyRotationRetry)
      }
    }
  }

  private func switchKeys() async {
    let old = channel
    // The manager cuts the old key's connection before the answer is here; that is no loss to tell of.
    hasSwitchedKeys = true
    defer { switching = nil }
    guard await activateNextKey() else {
      hasSwitchedKeys = false
      return
    }
    if let old, channel?.isSame(as: old) == true { old.close() }
  }

  /// Proves the next key in a connection of its own; true where it is the agent's key from now on.
  @discardableResult
  func activateNextKey() async -> Bool {
    guard let keeper, let next = keys.next else { return false }
    do {
      _ = try await client(next).withConnection { channel in
        try await channel.unary(Keys.activate, KeyChange(), deadline: AgentLimits.keyDeadline)
      }
      guard keys.next?.publicKey == next.publicKey else { return false }
      try await keeper.adoptNext()
      keys.adopt()
      logger.notice("the agent has another key now", metadata: ["key": "\(next.publicKey.base64URL)"])
      return true
    } catch {
      // Not announced yet, or not reached: the key of now goes on.
      logger.debug("the next key is not in use yet", metadata: ["error": "\(error)"])
      return false
    }
  }

  /// What the beginning of a session means for keys: the manager's, and one of the agent's that was left half changed.
  func keysAfterWelcome(nextManagerKey: CurvePublicKey?) async {
    do {
      if keys.connected(next: nextManagerKey), let keeper {
        try await keeper.save(keys.enrollment)
        logger.notice(
          "the manager's key is changing, and this agent knows it",
          metadata: [
            "key": "\(keys.enrollment.managerPublicKey.base64URL)", "next": "\(nextManagerKey?.base64URL ?? "none")",
          ])
      }
      guard let channel, keeper != nil else { return }
      if let nextManagerKey {
        _ = try await channel.unary(
          Keys.nextManagerKey, KeyChange(nextManagerKey), deadline: AgentLimits.keyDeadline)
      }
      if keys.next != nil { _ = try await rotateKey() }
    } catch {
      // A connection that is lost begins anew, and with it this.
      logger.info("a change of keys is put off", metadata: ["error": "\(error)"])
    }
  }
}
