import Synchronization
import Telemetry

/// How the agent is, for probes: what it waits for, in words that hold no secret.
final class AgentHealth: Sendable {
  /// How far the agent has come.
  private enum Phase: Sendable {
    case starting
    case joining
    case connecting(problem: String)
    case connected
  }

  private struct State: Sendable {
    var phase = Phase.starting
    var cluster = ""
    var sessions: UInt64 = 0
  }

  private let state = Mutex(State())
  private let deployments = Mutex<@Sendable () -> Int>({ 0 })

  /// It has its state, and joins where it has not joined before.
  func joining() { state.withLock { $0.phase = .joining } }

  /// It belongs to a manager. `deployments` says how many the manager wants.
  func joined(_ cluster: String, deployments count: @escaping @Sendable () -> Int) {
    state.withLock {
      $0.cluster = cluster
      $0.phase = .connecting(problem: "")
    }
    deployments.withLock { $0 = count }
  }

  /// A session is open.
  func connected() {
    state.withLock {
      $0.phase = .connected
      $0.sessions += 1
    }
  }

  /// The session is over, or there was none.
  func disconnected(_ problem: String) { state.withLock { $0.phase = .connecting(problem: problem) } }

  /// What a probe or a scrape is told; nil where there is nothing at the path. Alive is whoever gets to answer: this runs where the
  /// agent's work runs. Ready is an agent with a session.
  func answer(_ path: String) -> HealthServer.Answer? {
    switch path {
    case "/livez", "/healthz": return HealthServer.Answer(200, "ok")
    case "/readyz": return readiness
    case "/metrics":
      return HealthServer.Answer(
        200, contentType: PrometheusText.contentType, body: PrometheusText.encode(families))
    default: return nil
    }
  }

  private var readiness: HealthServer.Answer {
    let state = state.withLock { $0 }
    switch state.phase {
    case .starting: return HealthServer.Answer(503, "starting")
    case .joining: return HealthServer.Answer(503, "joining the manager; the log says what it waits for")
    case .connecting(let problem):
      return HealthServer.Answer(503, "no session with the manager\(problem.isEmpty ? "" : ": \(problem)")")
    case .connected: return HealthServer.Answer(200, "connected as \(state.cluster)")
    }
  }

  private var families: [MetricFamily] {
    let state = state.withLock { $0 }
    let isConnected = if case .connected = state.phase { 1.0 } else { 0.0 }
    return [
      MetricFamily(
        "flotilla_agent_joined", .gauge, "1 once the agent belongs to a manager.", value: state.cluster.isEmpty ? 0 : 1),
      MetricFamily("flotilla_agent_connected", .gauge, "1 while there is a session.", value: isConnected),
      MetricFamily(counter: "flotilla_agent_sessions_total", "Sessions opened.", value: state.sessions),
      MetricFamily(
        "flotilla_agent_deployments", .gauge, "Deployments that the manager wants.",
        value: Double(deployments.withLock { $0 }())),
    ] + ProcessFamilies.read()
  }
}
