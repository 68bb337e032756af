import Foundation

/// What to do: a few thousand inputs of a fixed seed, as long as the environment says, or one input again.
struct FuzzPlan {
  /// Inputs of each target without further ado: all targets together take a few seconds.
  static let inputs = 1500
  /// The seed of every short run, so that one that passed passes again.
  static let seed: UInt64 = 5

  /// `FLOTILLA_FUZZ=<target>:<seed>:<input>`: that one input alone.
  var single: (target: String, seed: UInt64, input: Int)?
  /// `FLOTILLA_FUZZ_SECONDS`: how long each target is fuzzed, with a seed of its own.
  var seconds: Double?

  /// The short run, whatever the environment says.
  init() {}

  /// What the environment says.
  init(_ environment: [String: String]) throws {
    seconds = environment["FLOTILLA_FUZZ_SECONDS"].flatMap { Double($0) }
    guard let text = environment["FLOTILLA_FUZZ"] else { return }
    let parts = text.split(separator: ":")
    guard parts.count == 3, let seed = UInt64(parts[1]), let input = Int(parts[2]) else {
      throw FuzzTarget.Finding(description: "FLOTILLA_FUZZ is \(text) and not <target>:<seed>:<input>")
    }
    single = (String(parts[0]), seed, input)
  }
}

/// Fuzzes one target.
struct FuzzRun {
  let target: FuzzTarget
  private let plan: FuzzPlan
  private let seeds: [[UInt8]]

  init(_ target: FuzzTarget, _ plan: FuzzPlan) throws {
    self.target = target
    self.plan = plan
    seeds = target.seeds + (try FuzzCorpus.inputs(of: target.name).map(\.bytes))
  }

  /// Runs the plan; throws the first finding, with the line that makes it again.
  func run() throws {
    FuzzAlarm.install()
    if let single = plan.single {
      guard single.target == target.name else { return }
      return try run(input: single.input, seed: single.seed)
    }
    for (name, bytes) in try FuzzCorpus.inputs(of: target.name) {
      FuzzAlarm.set("corpus file \(target.name)/\(name)")
      try check(bytes, "corpus file \(name)")
    }
    guard let seconds = plan.seconds else {
      for input in 0..<FuzzPlan.inputs { try run(input: input, seed: FuzzPlan.seed) }
      return
    }
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    let end = Date().addingTimeInterval(seconds)
    var input = 0
    while Date() < end {
      try run(input: input, seed: seed)
      input += 1
    }
    print("fuzz \(target.name): \(input) inputs with seed \(seed), no finding")
  }

  private func run(input: Int, seed: UInt64) throws {
    let again = "FLOTILLA_FUZZ=\(target.name):\(seed):\(input) swift test --disable-xctest --filter '^FuzzTests'"
    FuzzAlarm.set(again)
    let bytes: [UInt8]
    if input < seeds.count {
      bytes = seeds[input]
    } else {
      var mutator = Mutator(
        form: target.form, dictionary: target.dictionary.map { Array($0.utf8) },
        random: FuzzRandom(seed: seed, input: input))
      bytes = mutator.mutate(seeds)
    }
    try check(bytes, again)
  }

  private func check(_ bytes: [UInt8], _ again: String) throws {
    do {
      try target.check(bytes)
    } catch let finding as FuzzTarget.Finding {
      let shown = Data(bytes.prefix(600)).base64EncodedString()
      throw FuzzTarget.Finding(
        description: "\(finding)\n  again: \(again)\n  input: \(bytes.count) bytes, base64 \(shown)")
    } catch {
      // The decoder's own refusal.
    }
  }
}

/// Inputs that were findings once, or reach what mutation does not: `Corpus/<target>/<name>`, text as it is, bytes as `.hex`.
enum FuzzCorpus {
  static func inputs(of target: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Corpus/\(target)")
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
      let data = try Data(contentsOf: folder.appendingPathComponent(name))
      guard name.hasSuffix(".hex") else { return (name, Array(data)) }
      let digits = String(decoding: data, as: UTF8.self).compactMap(\.hexDigitValue)
      return (name, stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
  }
}
