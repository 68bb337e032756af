import Document
import Fleet
import Testing
import Wire

@testable import Manager

@Suite struct EnrollmentPolicyTests {
  private let token = ObjectName(namespace: "fleet-default", name: "new-token")
  private let now = Timestamp(seconds: 1_800_000_000)

  private func request(_ secret: String, id: String = "id", clientID: String = "kube-system-uid") -> EnrollRequest {
    EnrollRequest(
      tokenId: id, tokenSecret: secret, clientId: clientID,
      labels: [
        Label(key: "env", value: "dev"), Label(key: "management.cattle.io/x", value: "y"),
        Label(key: "fleet.cattle.io/cluster", value: "stolen"),
      ])
  }

  @Test("the right secret joins as cluster-<12 hex of the client id>, without labels that are not the agent's to give")
  func joins() {
    let (record, secret) = JoinTokenRecord.make(for: token, uid: "u", expires: nil)
    let decision = EnrollmentPolicy.decide(request(secret), token: record, existing: .init(), caller: nil, now: now)
    let name = Names.registeredCluster(clientID: "kube-system-uid")
    #expect(
      decision
        == .join(
          cluster: ObjectName(namespace: "fleet-default", name: name),
          labels: ["env": "dev", "fleet.cattle.io/cluster": name]))
  }

  @Test("a cluster that has the client id already is joined again under its own name")
  func rejoins() {
    let (record, secret) = JoinTokenRecord.make(for: token, uid: "u", expires: nil)
    let existing = ObjectName(namespace: "fleet-default", name: "by-hand")
    guard
      case .join(let cluster, _) = EnrollmentPolicy.decide(
        request(secret), token: record, existing: .init(cluster: existing), caller: nil, now: now)
    else {
      Issue.record("refused")
      return
    }
    #expect(cluster == existing)
  }

  @Test("wrong, unknown and expired tokens are refused, and the agent is not told which part was wrong")
  func refuses() throws {
    let (record, secret) = JoinTokenRecord.make(for: token, uid: "u", expires: now)
    func refusal(_ request: EnrollRequest, _ record: JoinTokenRecord?) throws -> String {
      let decision = EnrollmentPolicy.decide(request, token: record, existing: .init(), caller: nil, now: now)
      guard case .refuse(.permissionDenied, _, let message, _) = decision else {
        throw ManagerError(.invalid, "not refused: \(decision)")
      }
      return message
    }
    #expect(try refusal(request(secret + "x"), record) == refusal(request(secret), nil))
    #expect(try refusal(request(secret), record).contains("expired"))
    #expect(!JSONText.of(record).contains(secret), "the secret itself is never kept")
  }

  @Test("a used up token, a revoked cluster and another cluster's key are refused; an approval comes after all of them")
  func terms() throws {
    var (record, secret) = JoinTokenRecord.make(for: token, uid: "u", expires: nil)
    let mine = request(secret)
    let own = ObjectName(namespace: "fleet-default", name: Names.registeredCluster(clientID: mine.clientId))
    func outcome(
      _ record: JoinTokenRecord, revocation: String? = nil, caller: ObjectName? = nil, approval: Bool = false
    ) -> String {
      switch EnrollmentPolicy.decide(
        mine, token: record, existing: .init(revocation: revocation), caller: caller, requiresApproval: approval,
        now: now)
      {
      case .join: "join"
      case .wait: "wait"
      case .refuse(_, let outcome, _, _): outcome.rawValue
      }
    }
    record.maxUses = 2
    record.uses = 1
    #expect(outcome(record) == "join")
    #expect(outcome(record, caller: own) == "join")
    #expect(outcome(record, approval: true) == "wait")
    #expect(outcome(record, revocation: "stolen", approval: true) == "revoked")
    #expect(outcome(record, caller: ObjectName(namespace: "fleet-default", name: "other")) == "invalid")
    record.uses = 2
    #expect(outcome(record, approval: true) == "used_up")
    record.maxUses = nil
    record.requiresApproval = true
    #expect(outcome(record) == "wait")
    #expect(JoinTokenRecord(decoding: record.encoded()) == record)
  }

  @Test("labels that Kubernetes would not take are refused by name")
  func labels() {
    let (record, secret) = JoinTokenRecord.make(for: token, uid: "u", expires: nil)
    var bad = request(secret)
    bad.labels = [Label(key: "env", value: "not a value")]
    guard
      case .refuse(.invalidArgument, _, let message, _) = EnrollmentPolicy.decide(
        bad, token: record, existing: .init(), caller: nil, now: now)
    else {
      Issue.record("accepted")
      return
    }
    #expect(message.contains("'env'"))
  }
}

private enum JSONText {
  static func of(_ record: JoinTokenRecord) -> String { String(decoding: record.encoded(), as: UTF8.self) }
}
