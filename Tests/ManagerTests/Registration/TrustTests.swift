import Document
import Fleet
import Foundation
import Store
import TestSupport
import Testing
import Wire

@testable import Manager

/// Joining, revoking and changing keys, over a real bus with CURVE and a real store.
@Suite("Trust", .timeLimit(.minutes(2)))
struct TrustTests {
  @Test("of those who race for a counted token as many join as it is for, and it stays used up", arguments: [1, 3])
  func race(_ uses: Int) async throws {
    try await withTemporaryDirectory { directory in
      let pairs = try (0..<8).map { _ in try CurveKeyPair.generate() }
      var token: JoinToken?
      try await TrustBench.with(directory) { bench in
        let counted = try await bench.token("counted", annotations: ["flotilla.io/max-uses": "\(uses)"])
        token = counted
        let refusals = try await withThrowingTaskGroup(of: RPCError?.self) { group in
          for (index, pair) in pairs.enumerated() {
            group.addTask { try await bench.refusal(pair, counted, clientID: "racer-\(index)") }
          }
          return try await group.reduce(into: [RPCError?]()) { $0.append($1) }
        }
        #expect(refusals.count { $0 == nil } == uses)
        #expect(refusals.allSatisfy { $0 == nil || $0?.code == .permissionDenied }, "\(refusals)")
        let joined = try await bench.objects.list(kind: StoredKind.clusters, namespace: "fleet-default")
        #expect(joined.count == uses)
        let key = ObjectKey(kind: StoredKind.clusterRegistrationTokens, namespace: "fleet-default", name: "counted")
        try await eventually("the token's status counts them") {
          try await bench.objects.get(key)?.at("status", "uses")?.integer == Int64(uses)
        }
        let told = try await bench.events(about: "counted")
        #expect(told.contains { $0.hasPrefix("JoinRefused") && $0.contains("used up") }, "\(told)")
      }
      // A manager that was started again has not forgotten it; one who has joined still hears that it has.
      try await TrustBench.with(directory) { bench in
        let counted = try #require(token)
        #expect(try await bench.refusal(try .generate(), counted, clientID: "late")?.code == .permissionDenied)
        var again = 0
        for (index, pair) in pairs.enumerated()
        where try await bench.refusal(pair, counted, clientID: "racer-\(index)") == nil { again += 1 }
        #expect(again == uses, "whose answer was lost asks again, and uses nothing up")
      }
    }
  }

  @Test(
    "a revoked agent's connection is cut, and its key refused after a restart, with an old token, and without its Cluster"
  )
  func revoked() async throws {
    try await withTemporaryDirectory { directory in
      let pair = try CurveKeyPair.generate()
      var token: JoinToken?
      var name = ""
      try await TrustBench.with(directory) { bench in
        let good = try await bench.token("good")
        token = good
        name = try await bench.enroll(pair, good, clientID: "edge").clusterName
        let cluster = name
        let loss = try await bench.client(pair).ending {
          try await eventually("the bus knows the connection") { bench.bus.isConnected(pair.publicKey) }
          try await bench.annotate(StoredKind.clusters, cluster, Revocation.annotation, "laptop stolen")
        }
        #expect(loss?.code == .permissionDenied, "\(String(describing: loss))")
        #expect(!bench.bus.isConnected(pair.publicKey))
        try await eventually("the Cluster shows it") {
          let object = try await bench.cluster(cluster)
          return Conditions(object?.at("status", "conditions"))["Revoked"]?.message.contains("laptop stolen") == true
        }
        #expect(try await bench.refusal(pair, good, clientID: "edge")?.code == .permissionDenied)
        #expect(bench.bus.counters.refusedKeys > 0, "the handshake is refused already")
        #expect(
          try await bench.refusal(try .generate(), good, clientID: "edge")?.message.contains("is revoked") == true)
        #expect(try await bench.events(about: cluster).contains { $0.hasPrefix("AgentRevoked") })
      }
      let old = try #require(token)
      try await TrustBench.with(directory) { bench in
        #expect(try await bench.refusal(pair, old, clientID: "edge")?.code == .permissionDenied, "after a restart")
        try await bench.annotate(StoredKind.clusters, name, Revocation.annotation, nil)
        try await eventually("it is trusted again") { try await bench.refusal(pair, old, clientID: "edge") == nil }
        try await bench.annotate(StoredKind.clusters, name, Revocation.annotation, "true")
        try await eventually("it is refused again") { try await bench.refusal(pair, old, clientID: "edge") != nil }
        try await bench.objects.delete(ObjectKey(kind: StoredKind.clusters, namespace: "fleet-default", name: name))
        let cluster = name
        try await eventually("the Cluster is gone") { try await bench.cluster(cluster) == nil }
        #expect(try await bench.refusal(pair, old, clientID: "edge")?.code == .permissionDenied, "without its Cluster")
        #expect(try await bench.refusal(try .generate(), old, clientID: "edge") == nil, "its successor may join")
      }
      try await TrustBench.with(directory) { bench in
        let refusal = try await bench.refusal(pair, old, clientID: "edge")
        #expect(refusal?.code == .permissionDenied)
      }
    }
  }

  @Test("guessing is slowed down for one key and for all, counted, and told without the secrets that were tried")
  func bruteForce() async throws {
    try await withTemporaryDirectory { directory in
      try await TrustBench.with(directory) { bench in
        let token = try await bench.token("guessed")
        let pair = try CurveKeyPair.generate()
        var codes: [StatusCode] = []
        // On a slow machine guesses come back while others are made.
        while codes.last != .resourceExhausted, codes.count < Limits.enrollmentFailuresPerKey.burst * 10 {
          let wrong = "canary-guess-\(codes.count)-0123456789"
          codes.append(try #require(try await bench.refusal(pair, token, clientID: "x", secret: wrong)).code)
        }
        #expect(codes.last == .resourceExhausted && codes.count > Limits.enrollmentFailuresPerKey.burst, "\(codes)")
        #expect(try await bench.refusal(try .generate(), token, clientID: "honest") == nil, "others still join")
        #expect(bench.metrics.enrollments[.wrongToken]?.value ?? 0 >= UInt64(Limits.enrollmentFailuresPerKey.burst - 1))
        #expect(bench.metrics.enrollments[.limited]?.value ?? 0 > 0)
        let told = try await bench.events(about: "guessed").joined()
        #expect(told.contains("JoinRefused") && !told.contains("canary-guess") && !told.contains(token.secret))
        _ = try await bench.refusal(
          try .generate(), JoinToken(managerPublicKey: token.managerPublicKey, id: "nobodys", secret: token.secret),
          clientID: "y")
        let unknown = try await bench.events(about: Bootstrap.systemNamespace)
        #expect(unknown.contains { $0.contains("unknown registration token") }, "\(unknown)")
      }
    }
  }

  @Test("where joining needs an approval an agent waits, and goes on when it is let in; whoever is denied hears it")
  func approval() async throws {
    try await withTemporaryDirectory { directory in
      try await TrustBench.with(directory) { bench in
        let token = try await bench.token(
          "approved", annotations: ["flotilla.io/require-approval": "true", "flotilla.io/max-uses": "2"])
        let (first, second, rival) = (
          try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
        )
        let pending = try await bench.enroll(first, token, clientID: "edge").pending
        #expect(pending.hasPrefix("fleet-default/request-"))
        #expect(try await bench.enroll(first, token, clientID: "edge").pending == pending, "asking uses nothing up")
        #expect(try await bench.objects.list(kind: StoredKind.clusters, namespace: "fleet-default").isEmpty)
        let refusal = try await bench.refusal(rival, token, clientID: "edge")
        #expect(refusal?.message.contains("waits for its approval already") == true, "\(String(describing: refusal))")
        await #expect(throws: RPCError.self, "an agent that cannot wait is told") {
          _ = try await bench.enroll(first, token, clientID: "edge", waits: false)
        }
        let denied = try await bench.enroll(second, token, clientID: "other").pending
        #expect(
          try await bench.refusal(rival, token, clientID: "third")?.message.contains("as often as it may") == true)

        let name = { (pending: String) in String(pending.drop { $0 != "/" }.dropFirst()) }
        try await bench.annotate(
          StoredKind.clusterRegistrations, name(denied), PendingRegistration.annotation, "false")
        #expect(try await bench.refusal(second, token, clientID: "other")?.message.contains("denied") == true)
        // What somebody has approved is let in even though the token is gone by then.
        try await bench.objects.delete(
          ObjectKey(kind: StoredKind.clusterRegistrationTokens, namespace: "fleet-default", name: "approved"))
        try await bench.annotate(
          StoredKind.clusterRegistrations, name(pending), PendingRegistration.annotation, "true")
        let joined = try await bench.enroll(first, token, clientID: "edge")
        #expect(joined.pending.isEmpty && !joined.clusterName.isEmpty)
        #expect(bench.admissions.cluster(of: first.publicKey)?.name == joined.clusterName)
        #expect(bench.admissions.cluster(of: second.publicKey) == nil)
        let told = try await bench.events(about: name(pending)) + bench.events(about: joined.clusterName)
        #expect(told.contains { $0.hasPrefix("WaitsForApproval") } && told.contains { $0.hasPrefix("AgentJoined") })
      }
    }
  }

  @Test("both keys are let in while one is changed; the old one goes when the new one has proved itself")
  func rotation() async throws {
    try await withTemporaryDirectory { directory in
      let (old, new, stranger) = (
        try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
      )
      try await TrustBench.with(directory) { bench in
        let token = try await bench.token("rotating")
        let name = try await bench.enroll(old, token, clientID: "edge").clusterName
        _ = try await bench.enroll(stranger, token, clientID: "other")
        await expect(.unauthenticated) { _ = try await bench.call(new, Keys.activate, KeyChange()) }
        await expect(.permissionDenied) {
          _ = try await bench.call(old, Keys.announce, KeyChange(stranger.publicKey))
        }
        await expect(.invalidArgument) { _ = try await bench.call(old, Keys.announce, KeyChange(publicKey: [1])) }
        _ = try await bench.call(old, Keys.announce, KeyChange(new.publicKey))
        #expect(bench.admissions.cluster(of: old.publicKey)?.name == name)
        #expect(bench.admissions.cluster(of: new.publicKey)?.name == name)

        let loss = try await bench.client(old).ending {
          _ = try await bench.call(new, Keys.activate, KeyChange())
        }
        #expect(loss?.code == .unavailable, "the old key's connection is cut: \(String(describing: loss))")
        _ = try await bench.call(new, Keys.activate, KeyChange())
        #expect(bench.admissions.cluster(of: old.publicKey) == nil)
        #expect(bench.metrics.rotations.value == 1)
        try await eventually("the Cluster shows the new key") {
          try await bench.cluster(name)?.at("status", "agent", "publicKey")?.string == new.publicKey.base64URL
        }
      }
      try await TrustBench.with(directory) { bench in
        await expect(.unauthenticated) { _ = try await bench.call(old, Keys.activate, KeyChange()) }
        _ = try await bench.call(new, Keys.activate, KeyChange())
      }
    }
  }

  @Test("an agent that asks for another cluster's blob hears the same as for none, and is counted")
  func foreignBlob() async throws {
    try await withTemporaryDirectory { directory in
      try await TrustBench.with(directory) { bench in
        let token = try await bench.token("curious")
        let pair = try CurveKeyPair.generate()
        _ = try await bench.enroll(pair, token, clientID: "curious")
        // Options of another cluster, in which copied Secrets travel, are blobs like any other.
        let digest = try await bench.store.putBlob(Array("the other cluster's copied Secret".utf8))
        var messages: [String] = []
        for text in ["sha256:\(digest.hex)", "sha256:" + String(repeating: "0", count: 64)] {
          do {
            _ = try await bench.client(pair).withConnection { channel in
              let stream = try await channel.stream(Content.fetch)
              try await stream.send(FetchRequest(digest: text))
              await stream.finish()
              for try await chunk in stream.messages { Issue.record("\(chunk.data.count) bytes came") }
            }
          } catch let error as RPCError {
            #expect(error.code == .notFound)
            messages.append(error.message.replacing(text, with: "X"))
          }
        }
        #expect(messages.count == 2 && messages[0] == messages[1], "\(messages)")
        #expect(bench.metrics.refusals[.foreignBlob]?.value == 1)
        #expect(bench.metrics.refusals[.unknownBlob]?.value == 1)
      }
    }
  }

  @Test(
    "of two agents with one key the newer has the session; when one that was replaced comes back, the Cluster tells of it"
  )
  func duplicates() async throws {
    try await withTemporaryDirectory { directory in
      try await TrustBench.with(directory) { bench in
        let token = try await bench.token("copied")
        let pair = try CurveKeyPair.generate()
        let name = try await bench.enroll(pair, token, clientID: "copied").clusterName
        for boot in ["first", "second", "second", "first"] {
          #expect(bench.metrics.duplicates.value == 0)
          let welcome = try await bench.client(pair).withConnection { channel in
            let stream = try await channel.stream(Delivery.session)
            try await stream.send(.hello(Hello(bootId: boot, protocolMin: 1, protocolMax: 1)))
            for try await case .welcome(let welcome) in stream.messages { return Welcome?.some(welcome) }
            return nil
          }
          #expect((welcome?.timeMs ?? 0) > 1_600_000_000_000, "the manager tells its time")
        }
        #expect(bench.metrics.duplicates.value == 1)
        try await eventually("an Event of the Cluster tells of it") {
          try await bench.events(about: name).contains { $0.hasPrefix("DuplicateAgent") && $0.contains("agent revoke") }
        }
        #expect(try await bench.cluster(name)?.at("status", "agent", "publicKey")?.string == pair.publicKey.base64URL)
      }
    }
  }

  @Test("while the manager's key changes agents and tokens name both, and after that the new one")
  func managerKey() async throws {
    try await withTemporaryDirectory { directory in
      let pair = try CurveKeyPair.generate()
      var before: RegistrationValues?
      try await TrustBench.with(directory) { bench in
        _ = try await bench.token("early")
        before = try await bench.values("early")
      }
      let change = ManagerKeyChange(dataDirectory: directory)
      let next = try change.begin()
      let again = try change.begin()
      #expect(again == next)
      try await TrustBench.with(directory) { bench in
        try await eventually("the token names both keys") {
          try await bench.values("early").nextManagerPublicKey == next
        }
        let values = try await bench.values("early")
        #expect(values.token == before?.token, "what was handed out still joins")
        let answer = try await bench.enroll(pair, values.token, clientID: "edge")
        let told = try CurvePublicKey(bytes: answer.nextManagerKey)
        #expect(told.base64URL == next)
        _ = try await bench.call(pair, Keys.nextManagerKey, KeyChange(publicKey: answer.nextManagerKey))
        #expect(
          try await bench.cluster(answer.clusterName)?.at("status", "agent", "nextManagerKey")?.string == next)
      }
      let finished = try change.finish()
      #expect(finished == next)
      #expect(throws: ManagerError.self) { try change.finish() }
      try await TrustBench.with(directory) { bench in
        #expect(bench.keys.current.base64URL == next && bench.keys.next == nil)
        try await eventually("the token names the new key, with the secret of before") {
          let values = try await bench.values("early")
          return values.token.managerPublicKey == next && values.token.secret == before?.token.secret
            && values.nextManagerPublicKey.isEmpty
        }
      }
    }
  }
}

extension TrustBench {
  /// Calls a method with a key.
  func call(
    _ pair: CurveKeyPair, _ method: Wire.Method<KeyChange, KeyChange>, _ request: KeyChange
  ) async throws -> KeyChange {
    try await client(pair).withConnection { try await $0.unary(method, request) }
  }
}

extension BusClient {
  /// Connects, does something, and says how the connection ends.
  func ending(_ body: @escaping @Sendable () async throws -> Void) async throws -> RPCError? {
    do {
      try await withConnection { _ in
        try await body()
        try await Task.sleep(for: .seconds(60))
      }
      return nil
    } catch let error as RPCError {
      return error
    }
  }
}

/// Fails where `body` does not throw an error of this code.
private func expect(
  _ code: StatusCode, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
  do {
    try await body()
    Issue.record("nothing was thrown where \(code) was expected", sourceLocation: location)
  } catch {
    #expect((error as? RPCError)?.code == code, "\(error)", sourceLocation: location)
  }
}
