import Document
import Testing

@testable import Fleet

private let key = String(repeating: "A", count: 43)
private let joinToken = "flotilla1.\(key).tok1.0123456789abcdefSECRET"

@Suite("Registration")
struct RegistrationTests {
  @Test("a token is what it was written from")
  func token() throws {
    let token = try JoinToken("  \(joinToken)\n")
    #expect(token.id == "tok1" && token.secret == "0123456789abcdefSECRET" && token.managerPublicKey == key)
    #expect(token.text == joinToken)
    #expect(!"\(token)".contains("SECRET"))
    #expect(!String(reflecting: token).contains("SECRET"))
  }

  @Test(
    "a token that cannot be used is refused with the reason, and is never repeated",
    arguments: [
      ("", "does not begin with flotilla1."), ("K10abc::server:SECRETSECRETSECRET", "does not begin with flotilla1."),
      ("flotilla2.a.b.SECRETSECRETSECRET", "is of the form flotilla2"), ("flotilla1.\(key).tok1", "has 3 parts"),
      ("flotilla1.short.tok1.SECRETSECRETSECRET", "public key"), ("flotilla1.\(key)..SECRETSECRETSECRET", "token's id"),
      ("flotilla1.\(key).tok1.SECRET", "secret"),
      ("flotilla1.\(key.dropLast())B.tok1.SECRETSECRETSECRET", "public key"),
    ])
  func badTokens(text: String, reason: String) {
    #expect { try JoinToken(text) } throws: { error in
      "\(error)".contains(reason) && !"\(error)".contains("SECRETSECRET")
    }
  }

  @Test("values that the manager wrote are all an agent needs, with labels appended by the user")
  func values() throws {
    let values = RegistrationValues(
      managerEndpoints: ["tcp://127.0.0.1:5671"], token: try JoinToken(joinToken), clusterNamespace: "fleet-default",
      tokenName: "new-token")
    let text = values.yaml + "labels:\n  env: dev\n  type: edge\n"
    let read = try RegistrationValues(parsing: Array(text.utf8), file: "values.yaml")
    #expect(read.labels == ["env": "dev", "type": "edge"])
    var expected = values
    expected.labels = read.labels
    #expect(read == expected)
    #expect(!"\(read)".contains("SECRET"))
  }

  @Test(
    "values that cannot be used name file, line and key",
    arguments: [
      ("lables:\n  a: b\n", "values.yaml:1: lables: is not a key of registration values; did you mean \"labels\"?"),
      ("token: x\n", "values.yaml: managerEndpoints: is missing"),
      ("managerEndpoints: [localhost]\n", "values.yaml:1: managerEndpoints[0]: \"localhost\" is not an address"),
      ("managerEndpoints: [tcp://h:99999]\n", "is not an address"),
      ("managerEndpoints: ['tcp://h:1']\ntoken: 5\n", "values.yaml:2: token: must be a string"),
      ("managerEndpoints: ['tcp://h:1']\ntoken: \(joinToken)\n", "clusterNamespace: is missing"),
      ("a: [", "values.yaml:"), ("", "must be one YAML document"),
      (
        "managerEndpoints: ['tcp://h:1']\ntoken: \(joinToken)\nmanagerPublicKey: other\n",
        "values.yaml:3: managerPublicKey: is not the key in the token"
      ),
    ])
  func badValues(text: String, reason: String) {
    #expect { try RegistrationValues(parsing: Array(text.utf8), file: "values.yaml") } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test("labels that an agent brings lose reserved prefixes")
  func labels() {
    let labels = FleetLabels.registration([
      "env": "dev", "fleet.cattle.io/x": "y", "management.cattle.io/z": "1", FleetLabels.createdByAgentPod: "pod",
    ])
    #expect(labels == ["env": "dev", FleetLabels.createdByAgentPod: "pod"])
  }
}
