import Document
import Fleet

extension DeploymentTrace {
  /// What is known of the way of the released version to the agent.
  private enum Delivery {
    case unreleased
    case sent(DeliveryLedger.Entry)
    /// The agent has it; this manager did not see when.
    case held(String)
    case refused(String)
    case underWay(DeliveryFacts)
    case away
  }

  private var isApplied: Bool {
    guard let id = facts.record?.current?.deploymentID else { return false }
    return facts.status?.appliedDeploymentID == id
  }

  private var delivery: Delivery {
    guard let version = facts.record?.current?.wireVersion else { return .unreleased }
    switch facts.agent {
    case .connected(let delivery):
      if let last = delivery.last, last.version == version { return .sent(last) }
      if delivery.held == version {
        return .held("the agent held it already when it connected at \(delivery.connectedSince)")
      }
      if delivery.refused == version { return .refused("the agent refused it in an earlier session") }
      return .underWay(delivery)
    case .away:
      guard isApplied else { return .away }
      return .held("the agent is not connected, and when it was is remembered for as long as it is")
    }
  }

  var sent: TraceStep {
    switch delivery {
    case .unreleased: return waiting(.sent, "nothing to send", "no version is released")
    case .sent(let entry):
      var step = TraceStep(name: .sent, state: .done, message: "sent to the agent as revision \(entry.revision)")
      step.time = entry.sent.description
      step.details = ["revision": .string(String(entry.revision)), "version": .string(entry.version)]
      return step
    case .held(let why):
      return TraceStep(name: .sent, state: .done, message: "the agent has it", timeUnknown: unseen(why))
    case .refused(let why): return failed(.sent, "refused", why)
    case .underWay(let delivery):
      return waiting(
        .sent, "not sent yet", "the agent is connected since \(delivery.connectedSince), and busy with what it was sent"
      )
    case .away: return waiting(.sent, "not sent", facts.absence)
    }
  }

  var acknowledged: TraceStep {
    switch delivery {
    case .unreleased: return waiting(.acknowledged, "nothing to acknowledge", "no version is released")
    case .sent(let entry):
      switch entry.answer {
      case .acknowledged(let time):
        return TraceStep(
          name: .acknowledged, state: .done, message: "durable with the agent", time: time.description)
      case .refused(let time, let message): return failed(.acknowledged, "refused at \(time)", message)
      case nil: return waiting(.acknowledged, "not acknowledged", "the agent fetches contents, or is busy")
      }
    case .held(let why):
      return TraceStep(
        name: .acknowledged, state: .done, message: "durable with the agent", timeUnknown: unseen(why))
    case .refused(let why): return failed(.acknowledged, "refused", why)
    case .underWay: return waiting(.acknowledged, "not acknowledged", "it is not sent yet")
    case .away: return waiting(.acknowledged, "not acknowledged", facts.absence)
    }
  }

  /// What was before the manager's start is not known to it.
  private func unseen(_ why: String) -> String { "not since the manager started at \(facts.managerStarted): \(why)" }

  var applied: TraceStep {
    let status = facts.status ?? BundleDeploymentStatus()
    if isApplied {
      var step = TraceStep(
        name: .applied, state: .done, message: status.release.isEmpty ? "applied" : "Helm release \(status.release)")
      step.time = status.appliedTime
      if step.time.isEmpty { step.timeUnknown = "the agent's version does not tell it" }
      step.details = ["release": .string(status.release), "deploymentID": .string(status.appliedDeploymentID)]
      return step
    }
    if let failure = status.conditions["Deployed"], failure.isFalse {
      return failed(.applied, "failed at \(failure.lastUpdateTime)", failure.message)
    }
    let older = status.appliedDeploymentID
    let message = older.isEmpty ? "nothing is deployed" : "an older version is deployed: \(Self.short(older))"
    switch (delivery, facts.agent) {
    case (.unreleased, _): return waiting(.applied, message, "no version is released")
    case (_, .away): return waiting(.applied, message, facts.absence)
    case _ where facts.record?.paused == true: return waiting(.applied, message, "the deployment is paused")
    case (.refused, _): return waiting(.applied, message, "the agent did not take the version")
    default: return waiting(.applied, message, "the agent has not reported it yet")
    }
  }

  var health: TraceStep {
    let status = facts.status ?? BundleDeploymentStatus()
    let ready = status.conditions["Ready"]
    var step = TraceStep(name: .health, state: .waiting, message: state)
    step.time = ready?.lastTransitionTime ?? ""
    step.details = [
      "ready": .bool(status.ready), "unmodified": .bool(status.nonModified),
      "objects": .integer(Int64(status.resources.count)),
    ]
    if case .away = facts.agent, let seen = facts.cluster.lastSeen {
      step.details["lastSeen"] = .string(seen.description)
    }
    switch BundleState(rawValue: state) {
    case .ready:
      step.state = .done
      if case .away = facts.agent {
        step.state = .waiting
        step.message = "Ready when last heard of"
        step.reasons = [facts.absence]
      }
    case .modified:
      step.state = .failed
      step.reasons = status.modifiedStatus.prefix(Limits.tracedEntries).map(\.display)
    case .notReady:
      step.reasons = status.nonReadyStatus.prefix(Limits.tracedEntries).map(\.display)
      if step.reasons.isEmpty, let message = ready?.message, !message.isEmpty { step.reasons = [message] }
      if status.conditions["Installed"]?.isFalse == true { step.state = .failed }
    case .errApplied:
      step.state = .failed
      step.time = status.conditions["Deployed"]?.lastTransitionTime ?? ""
      step.reasons = [facts.record.map { $0.error.isEmpty ? status.message(desiredID: "") : $0.error } ?? ""]
    case .outOfSync:
      step.message = "OutOfSync: an older version stands" + (status.ready ? ", and is ready" : "")
      step.reasons = ["a newer version is not released"]
    case .waitApplied, .pending, nil:
      // What is known of the objects is of the version before.
      step.time = ""
      step.reasons = ["the released version is not applied yet"]
    }
    step.reasons.removeAll(where: \.isEmpty)
    return step
  }

  private func waiting(_ name: TraceStep.Name, _ message: String, _ reason: String) -> TraceStep {
    TraceStep(name: name, state: .waiting, message: message, reasons: [reason])
  }

  private func failed(_ name: TraceStep.Name, _ message: String, _ reason: String) -> TraceStep {
    TraceStep(name: name, state: .failed, message: message, reasons: [reason])
  }
}
