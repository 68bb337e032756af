import Document
import Testing

@testable import Fleet

@Suite("Content")
struct ContentTests {
  @Test("a manifest's bytes and id are those that Fleet makes")
  func manifest() throws {
    let manifest = Manifest(resources: [
      BundleResource(name: "b.yaml", content: "a: <b> & \"c\"\n\u{2028}\t\u{7F}"),
      BundleResource(name: "a", content: "eA==", encoding: "base64+gz"),
    ])
    let text = String(decoding: manifest.encoded(), as: UTF8.self)
    #expect(
      text
        == #"{"resources":[{"name":"a","content":"eA==","encoding":"base64+gz"},{"name":"b.yaml","content":"a: \u003cb\u003e \u0026 \"c\"\n\u2028\t"#
        + "\u{7F}\"}]}\n")
    #expect(manifest.id.hasPrefix("s-") && manifest.id.count == 63)
    #expect(try Manifest(decoding: manifest.encoded()) == manifest)
    #expect(try Manifest(blob: manifest.blob(), expecting: manifest.id) == manifest)
  }

  @Test("an empty manifest has the bytes of Go's empty one")
  func emptyManifest() {
    #expect(Manifest(resources: []).encoded() == Array("{}\n".utf8))
  }

  @Test("a blob that is not the one expected is refused")
  func verification() throws {
    let manifest = Manifest(resources: [BundleResource(name: "a", content: "b")])
    #expect { try Manifest(blob: manifest.blob(), expecting: "s-0") } throws: { error in
      "\(error)" == "invalid or corrupt manifest. Expecting id: s-0, got \(manifest.id)"
    }
  }

  @Test("gzip gives the same bytes each time and gives back what it was given", arguments: [0, 1, 1000, 1_000_000])
  func gzip(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 / 3) }
    let compressed = try Gzip.compress(bytes)
    #expect(try Gzip.compress(bytes) == compressed)
    #expect(Array(compressed[4..<8]) == [0, 0, 0, 0])
    #expect(compressed[9] == 255)
    #expect(try Gzip.decompress(compressed, limit: count) == bytes)
  }

  @Test("a gzip bomb stops at the limit")
  func bomb() throws {
    let bomb = try Gzip.compress([UInt8](repeating: 0, count: 20 << 20))
    #expect(bomb.count < 64 << 10)
    #expect { try Gzip.decompress(bomb, limit: 1 << 20) } throws: { ($0 as? FleetError)?.code == .limitExceeded }
  }

  @Test("damaged, cut and prolonged gzip data is refused")
  func damage() throws {
    let good = try Gzip.compress(Array("hello hello hello".utf8))
    var damaged = good
    damaged[12] ^= 0xFF
    for bad in [[], [1, 2, 3], damaged, Array(good.dropLast(3)), good + [0]] {
      #expect { try Gzip.decompress(bad, limit: 1000) } throws: { ($0 as? FleetError)?.code == .corruptContent }
    }
  }

  @Test("text stays text, everything else is compressed")
  func resources() throws {
    let text = try BundleResource(name: "a", bytes: Array("h\u{E9}llo\u{0}".utf8))
    #expect(text.encoding.isEmpty)
    #expect(try text.bytes() == Array("h\u{E9}llo\u{0}".utf8))
    let binary = try BundleResource(name: "b", bytes: [0xFF, 0xFE, 0x00])
    #expect(binary.encoding == "base64+gz")
    #expect(try binary.bytes() == [0xFF, 0xFE, 0x00])
    #expect(throws: FleetError.self) { try BundleResource(name: "c", content: "x", encoding: "zstd").bytes() }
  }

  @Test("a deployment's id changes with options and files, but not with diff and correctDrift")
  func deploymentID() {
    var options = BundleDeploymentOptions()
    let base = DeploymentID.make(manifestID: "s-1", options: options)
    #expect(DeploymentID.make(manifestID: "s-1", options: BundleDeploymentOptions()) == base)
    #expect(DeploymentID.make(manifestID: "s-2", options: options) != base)
    #expect(DeploymentID.manifestID(of: base) == "s-1")
    var patch = ComparePatch()
    patch.kind = "ConfigMap"
    options.comparePatches = [patch]
    options.correctDrift = CorrectDrift(enabled: true)
    #expect(DeploymentID.make(manifestID: "s-1", options: options) == base)
    options.forceSyncGeneration = 1
    #expect(DeploymentID.make(manifestID: "s-1", options: options) != base)
  }

  @Test("what an agent is told comes back as it was, and a new commit alone does not change it")
  func payload() throws {
    var options = BundleDeploymentOptions()
    options.correctDrift = CorrectDrift(enabled: true)
    var bundle = Bundle(metadata: ObjectMeta(name: "app", namespace: "fleet-default"), spec: BundleSpec())
    bundle.metadata.labels = [
      FleetLabels.commit: "abc", FleetLabels.repoName: "repo", "objectset.rio.cattle.io/x": "y",
    ]
    bundle.spec.dependsOn = [try DependsOn(["name": "other"])]
    let payload = DeploymentPayload(bundle: bundle, manifestID: "s-1", deploymentID: "s-1:2", options: options)
    #expect(try DeploymentPayload(decoding: payload.encoded()) == payload)
    #expect(payload.correctDrift.enabled && payload.labels["objectset.rio.cattle.io/x"] == nil)
    bundle.metadata.labels[FleetLabels.commit] = "def"
    let next = DeploymentPayload(bundle: bundle, manifestID: "s-1", deploymentID: "s-1:2", options: options)
    #expect(next != payload && next.isEquivalent(to: payload))
    #expect(throws: FleetError.self) { try DeploymentPayload(decoding: Array("{}".utf8)) }
  }
}
