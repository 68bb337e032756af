/// The files of a manifest, decoded, by name.
struct BundleFiles {
  /// All files, sorted by name.
  let all: [ChartFile]
  private let positions: [String: Int]

  /// The names under which kustomize looks for a kustomization.
  static let kustomizationNames: Set = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

  init(_ manifest: Manifest) throws(FleetError) {
    var files: [ChartFile] = []
    files.reserveCapacity(manifest.resources.count)
    var total = 0
    for resource in manifest.resources {
      let bytes = try resource.bytes()
      total += bytes.count
      guard total <= Limits.manifestBytes else {
        throw FleetError(
          .limitExceeded, "the bundle's files have more than \(Limits.manifestBytes) bytes (manifestBytes)",
          file: resource.name)
      }
      guard let path = Paths.resolve(resource.name), !path.isEmpty, !resource.name.hasPrefix("/") else {
        throw FleetError(.corruptContent, "is not the path of a file in the bundle", file: resource.name)
      }
      files.append(ChartFile(path: path, bytes: bytes))
    }
    all = files
    positions = Dictionary(files.enumerated().map { ($1.path, $0) }) { first, _ in first }
  }

  subscript(path: String) -> ChartFile? { positions[path].map { all[$0] } }

  /// Files below a directory, with names relative to it.
  func below(_ directory: String) -> [ChartFile] {
    guard !directory.isEmpty else { return all.filter { !$0.path.hasPrefix(".chart/") } }
    return all.compactMap { file in
      guard file.path.hasPrefix(directory + "/") else { return nil }
      return ChartFile(path: String(file.path.dropFirst(directory.count + 1)), bytes: file.bytes)
    }
  }

  /// The directory of a supplied chart: `prefix` itself, or the one directory below it that has a Chart.yaml.
  func chartDirectory(below prefix: String) -> String? {
    if self[prefix + "/Chart.yaml"] != nil { return prefix }
    let start = prefix + "/"
    for file in all where file.path.hasPrefix(start) {
      let rest = file.path.dropFirst(start.count).split(separator: "/")
      if rest.count == 2, rest[1] == "Chart.yaml" { return start + rest[0] }
    }
    return nil
  }

  /// Whether a directory has a kustomization, under any of the names that kustomize knows.
  func hasKustomization(in directory: String) -> Bool {
    Self.kustomizationNames.contains { self[Paths.join(directory, $0)] != nil }
  }
}
