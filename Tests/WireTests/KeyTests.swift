import Foundation
import Testing

@testable import Wire

@Suite("Keys")
struct KeyTests {
  @Test("a key comes back from each of its forms")
  func forms() throws {
    for _ in 0..<50 {
      let key = try CurveKeyPair.generate().publicKey
      #expect(try CurvePublicKey(z85: key.z85) == key)
      #expect(try CurvePublicKey(base64URL: key.base64URL) == key)
      #expect(try CurvePublicKey(bytes: key.bytes) == key)
      #expect(key.z85.utf8.count == 40 && key.base64URL.utf8.count == 43)
      let text = Data(key.bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      #expect(key.base64URL == text.replacing("=", with: ""))
    }
  }

  @Test(
    "text that is not a key is refused",
    arguments: [
      "", "short", String(repeating: "\u{7f}", count: 40), String(repeating: "é", count: 20),
      "~" + String(repeating: "0", count: 39),
    ])
  func refusesText(_ text: String) {
    #expect { try CurvePublicKey(z85: text) } throws: { ($0 as? WireError)?.code == .invalidKey }
    #expect { try CurveSecretKey(z85: text) } throws: { ($0 as? WireError)?.code == .invalidKey }
    #expect { try CurvePublicKey(base64URL: text) } throws: { ($0 as? WireError)?.code == .invalidKey }
  }

  @Test("a secret key is in no description")
  func secretStaysHidden() throws {
    let pair = try CurveKeyPair.generate()
    var dumped = ""
    dump(pair, to: &dumped)
    let shown = "\(pair) \(String(reflecting: pair)) \(pair.secretKey) \(dumped)"
    #expect(!shown.contains(pair.secretKey.revealZ85()))
    #expect(!shown.contains("\(pair.secretKey.bytes[0]), \(pair.secretKey.bytes[1]), \(pair.secretKey.bytes[2])"))
  }

  @Test("a key file is private, comes back, and is refused when others can read it")
  func keyFile() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("wire-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.appendingPathComponent("agent.key").path
    let pair = try CurveKeyFile.loadOrCreate(path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try CurveKeyFile.loadOrCreate(path).publicKey == pair.publicKey)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["agent.key"])
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect { try CurveKeyFile.load(path) } throws: { ($0 as? WireError)?.message.contains("chmod 600") == true }
    #expect { try CurveKeyFile.load(path + ".none") } throws: { ($0 as? WireError)?.code == .file }
  }

  @Test("the directory answers what it was told last")
  func directory() throws {
    let directory = KeyDirectory()
    let key = try CurveKeyPair.generate().publicKey
    #expect(directory.lookup(key) == .unknown)
    directory.set(key, identity: "a/b")
    #expect(directory.lookup(key) == .known("a/b"))
    directory.revoke(key)
    #expect(directory.lookup(key) == .revoked)
    directory.remove(key)
    #expect(directory.lookup(key) == .unknown && directory.count == 0)
  }

  @Test("a routing id is its key's own, never begins with zero, and is never the same twice")
  func routingIDs() throws {
    let (mine, other) = (try CurveKeyPair.generate().publicKey, try CurveKeyPair.generate().publicKey)
    let id = RoutingID(of: mine)
    #expect(id.belongs(to: mine) && !id.belongs(to: other) && id.bytes[0] != 0)
    #expect(RoutingID(of: mine) != id)
    #expect(id.bytes.withUnsafeBytes { RoutingID($0) } == id)
    #expect([0, 1, 2].withUnsafeBytes { RoutingID($0) } == nil)
  }
}
