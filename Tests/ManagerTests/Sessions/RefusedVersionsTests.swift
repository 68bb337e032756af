import Document
import Fleet
import Store
import Testing
import Wire

@testable import Manager

@Suite("Refused versions")
struct RefusedVersionsTests {
  private static let namespace = "cluster-a-b"
  private let now = Timestamp(seconds: 1_000)

  /// The rows of one cluster, as a store would have them.
  private struct Rows {
    var bodies: [ObjectKey: [UInt8]] = [:]

    mutating func apply(_ writes: [Write]) {
      for write in writes {
        switch write.change {
        case .put(let body): bodies[write.key] = body
        case .delete: bodies[write.key] = nil
        }
      }
    }

    func objects(_ kind: String) -> [StoredObject] {
      bodies.filter { $0.key.kind == kind }.map {
        StoredObject(key: $0.key, body: $0.value, revision: Revision(1), created: .zero)
      }
    }

    func status(_ id: String) -> [UInt8]? {
      bodies[ObjectKey(kind: StoredKind.deploymentStatuses, namespace: RefusedVersionsTests.namespace, name: id)]
    }

    /// What a later session, or a later manager, reads.
    var readAgain: RefusedVersions {
      RefusedVersions(namespace: RefusedVersionsTests.namespace, stored: objects(StoredKind.refusals))
    }
  }

  private func status(_ id: String) -> [UInt8] {
    var status = BundleDeploymentStatus()
    status.appliedDeploymentID = id
    status.ready = true
    return JSON.encode(status.value)
  }

  private func failure(_ body: [UInt8]?) throws -> String? {
    guard let body else { return nil }
    let conditions = try BundleDeploymentStatus(JSON.parse(body)).conditions["Deployed"]
    return conditions?.isFalse == true ? conditions?.message : nil
  }

  @Test("a refusal is known to later sessions and shown over whatever the agent says, until another version is wanted")
  func lifetime() throws {
    var rows = Rows()
    var versions = rows.readAgain
    rows.apply(versions.report("app", status("one")))
    rows.apply(versions.refuse("app", version: "two", message: "no such kind", at: now, stored: rows.status("app")))
    #expect(try failure(rows.status("app")) == "no such kind")

    versions = rows.readAgain
    #expect(versions.versions == ["app": "two"])
    // Told everything anew, as after a restart: the agent's own word is kept, the refusal still seen.
    rows.apply(versions.report("app", status("one")))
    #expect(try failure(rows.status("app")) == "no such kind")
    // The hash is of what the agent said, not of what people are shown: nothing has to be told again.
    let hashes = rows.readAgain.hashes(of: rows.objects(StoredKind.deploymentStatuses))
    #expect(hashes == ["app": DeliveryHash.status(status("one"))])

    versions = rows.readAgain
    rows.apply(versions.end("app", isGone: false))
    #expect(rows.status("app") == status("one"))
    #expect(rows.readAgain.versions.isEmpty && versions.versions.isEmpty)
  }

  @Test("what was refused and never held leaves nothing behind for a removal to wait for")
  func gone() throws {
    var rows = Rows()
    var versions = rows.readAgain
    rows.apply(versions.refuse("app", version: "one", message: "no", at: now, stored: nil))
    #expect(try failure(rows.status("app")) == "no")
    #expect(versions.hashes(of: rows.objects(StoredKind.deploymentStatuses)).isEmpty)
    rows.apply(versions.end("app", isGone: true))
    #expect(rows.bodies.isEmpty)
  }

  @Test("a second refusal keeps what the agent said before the first")
  func twice() throws {
    var rows = Rows()
    var versions = rows.readAgain
    rows.apply(versions.report("app", status("one")))
    for version in ["two", "three"] {
      rows.apply(versions.refuse("app", version: version, message: version, at: now, stored: rows.status("app")))
    }
    #expect(try failure(rows.status("app")) == "three")
    rows.apply(versions.end("app", isGone: false))
    #expect(rows.status("app") == status("one"))
  }
}
