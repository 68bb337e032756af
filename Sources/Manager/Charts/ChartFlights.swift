import Fleet

/// Fetches under way: whoever asks for what is being fetched already waits for that.
///
/// A fetch that everybody stopped waiting for is cancelled.
actor ChartFlights {
  /// What a fetch brings.
  typealias Outcome = Result<SuppliedChart, FleetError>

  private struct Flight {
    let id: Int
    let task: Task<Outcome, Never>
    var passengers = 0
  }

  /// A request to ask anew must not be answered by a fetch that may use what is cached.
  private struct Key: Hashable {
    let identity: ChartIdentity
    let fresh: Bool
  }

  private var flights: [Key: Flight] = [:]
  private var lastID = 0

  /// What `fetch` brings, or what an equal fetch that is under way brings.
  func outcome(
    _ identity: ChartIdentity, fresh: Bool, _ fetch: @escaping @Sendable () async -> Outcome
  ) async -> Outcome {
    let key = Key(identity: identity, fresh: fresh)
    var flight: Flight
    if let underWay = flights[key] {
      flight = underWay
    } else {
      lastID += 1
      flight = Flight(id: lastID, task: Task { await fetch() })
    }
    flight.passengers += 1
    flights[key] = flight
    let (id, task) = (flight.id, flight.task)
    let outcome = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      Task { await self.leave(key, id) }
    }
    if flights[key]?.id == id { flights[key] = nil }
    return outcome
  }

  private func leave(_ key: Key, _ id: Int) {
    guard var flight = flights[key], flight.id == id else { return }
    flight.passengers -= 1
    flights[key] = flight.passengers > 0 ? flight : nil
    if flight.passengers == 0 { flight.task.cancel() }
  }
}
