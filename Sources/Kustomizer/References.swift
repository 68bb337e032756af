import Document

/// Looks over the kustomizations that a build will use, before it is run, for what it could not use: things to fetch,
/// things to execute, and things outside of the bundle. kustomize would refuse them too, or fail to reach them, but in
/// words that do not say what to do.
struct References {
  private let tree: FileTree
  private var seen: Set<String> = []

  /// Checks the kustomization of a directory, and those that it builds upon.
  static func check(_ tree: FileTree, directory: String) throws(KustomizerError) {
    var references = References(tree: tree)
    var directories = [directory]
    while let next = directories.popLast() {
      if references.seen.insert(next).inserted { directories += try references.check(directory: next) }
    }
  }

  private init(tree: FileTree) {
    self.tree = tree
  }

  /// Checks one kustomization, and returns the directories that it builds upon.
  private func check(directory: String) throws(KustomizerError) -> [String] {
    // What is no YAML is kustomize's to refuse; the same goes for a directory without a kustomization.
    guard let file = tree.kustomization(in: directory),
      let content = (try? YAML.parse(file.bytes, file: file.path))?.first
    else { return [] }
    var bases: [String] = []
    for field in ["resources", "bases", "components"] {
      for reference in texts(content[field]) {
        if let base = try base(reference, field: field, of: file) { bases.append(base) }
      }
    }
    for field in ["helmCharts", "helmChartInflationGenerator"] where content[field]?.array?.isEmpty == false {
      throw KustomizerError(
        .remoteBase,
        "\(file.path): \(field) is not supported, since it downloads and runs things: name the chart in the helm section"
          + " of fleet.yaml, and this kustomization will get what it renders")
    }
    // Some fields take a patch or a transformer itself in a file's place.
    for reference in others(content) where !reference.text.contains(where: { $0 == "\n" || $0 == "{" }) {
      try checkRemote(reference.text, field: reference.field, of: file)
      try checkInside(reference.text, field: reference.field, of: file)
    }
    return bases
  }

  private func base(_ text: String, field: String, of file: KustomizeFile) throws(KustomizerError) -> String? {
    if let path = Path.resolve(text, from: Path.directory(file.path)), !text.hasPrefix("/") {
      if tree.isDirectory(path) { return path }
      if tree[path] != nil { return nil }
    }
    try checkRemote(text, field: field, of: file)
    try checkInside(text, field: field, of: file)
    throw KustomizerError(
      .buildFailed,
      "\(file.path): \(field) names \(text), which is not among the bundle's files: add it or correct the name")
  }

  private func checkRemote(_ text: String, field: String, of file: KustomizeFile) throws(KustomizerError) {
    guard References.isRemote(text) else { return }
    throw KustomizerError(
      .remoteBase,
      "\(file.path): \(field) names \(text.prefix(200)), and remote bases are not fetched: copy what it holds into the"
        + " repository and name its path there, or add that repository as a GitRepo of its own")
  }

  private func checkInside(_ text: String, field: String, of file: KustomizeFile) throws(KustomizerError) {
    let isInside = !text.hasPrefix("/") && Path.resolve(text, from: Path.directory(file.path)) != nil
    guard !isInside else { return }
    throw KustomizerError(
      .outsideOfBundle,
      "\(file.path): \(field) names \(text.prefix(200)), which lies outside of the bundle: move the fleet.yaml, or the"
        + " path in the GitRepo, up to a directory that holds both")
  }

  /// Whether kustomize would take a reference that is no file of the bundle for a repository or a URL.
  static func isRemote(_ text: String) -> Bool {
    if text.contains("://") || text.contains("?ref=") || text.hasPrefix("git::") || text.contains(".git/") {
      return true
    }
    if text.hasSuffix(".git") || text.hasPrefix("github.com/") || text.hasPrefix("gh:") { return true }
    // user@host:path
    guard let at = text.firstIndex(of: "@"), let colon = text.firstIndex(of: ":") else { return false }
    return at < colon && !text[..<at].contains("/")
  }

  /// The references to files, beside those to bases.
  private func others(_ content: Value) -> [(field: String, text: String)] {
    var result: [(field: String, text: String)] = []
    for field in ["crds", "configurations", "generators", "transformers", "validators", "patchesStrategicMerge"] {
      result += texts(content[field]).map { (field, $0) }
    }
    for field in ["patches", "patchesJson6902", "replacements"] {
      result += (content[field]?.array ?? []).compactMap { $0["path"]?.string }.map { (field, $0) }
    }
    for field in ["configMapGenerator", "secretGenerator"] {
      for generator in content[field]?.array ?? [] {
        // A file may have another name in the map: NAME=PATH.
        let files = texts(generator["files"]).map { $0.split(separator: "=", maxSplits: 1).last.map(String.init) ?? $0 }
        result += (files + texts(generator["envs"]) + texts(generator["env"])).map { (field, $0) }
      }
    }
    return result + texts(content.at("openapi", "path")).map { ("openapi", $0) }
  }

  private func texts(_ value: Value?) -> [String] {
    if let text = value?.string { return [text] }
    return (value?.array ?? []).compactMap(\.string)
  }
}
