import Document

/// The charts that one bundle takes from elsewhere: its own, and those that charts in it depend on (fleet-behaviour §2.4, §2.5).
struct BundleCharts {
  typealias File = (name: String, bytes: [UInt8])

  let index: TreeIndex
  /// The bundle's directory in the repository.
  let bundle: String
  let supplied: SuppliedCharts

  /// Charts that the caller has to supply, in the order in which they were asked for.
  private(set) var needs: [ChartRequest] = []
  private(set) var warnings: [BuildWarning] = []

  /// Keys of the bundle's own charts that are in it already.
  private var taken: Set<String> = []
  /// Charts of the repository that were packed already, by directory.
  private var packs: [String: File] = [:]
  private var packedBytes = 0
  private var metadataBytes = 0

  init(index: TreeIndex, bundle: String, supplied: SuppliedCharts) {
    self.index = index
    self.bundle = bundle
    self.supplied = supplied
  }

  /// All files of the bundle: those of its directory, its charts' below `.chart/`, and the archives of dependencies.
  ///
  /// - Throws: ``FleetError``, also when charts are missing; ``needs`` then names them.
  mutating func complete(_ files: [File], _ spec: BundleSpec) throws(FleetError) -> [File] {
    var all = files
    var local: Set<String> = []
    if spec.options.helm?.repo.isEmpty ?? true { local.insert("") }
    for helm in [spec.options.helm] + spec.targets.map(\.options.helm) {
      guard let helm else { continue }
      switch try ChartSource(helm, index: index, bundle: bundle) {
      case .none: continue
      case .local(let directory): local.insert(directory)
      case .external(let request): if let chart = try fetched(request) { all += BundleCharts.placed(chart, request) }
      }
    }
    if !(spec.options.helm?.disableDependencyUpdate ?? false) {
      all += try dependencies(of: all, origin: .bundle(bundle, charts: local), chain: [])
    }
    guard needs.isEmpty else { throw missing(needs[0]) }
    return all
  }

  /// A chart's files as they stand in the bundle, in the directory that the archive has them in and without hidden ones, as
  /// Fleet leaves them.
  private static func placed(_ chart: SuppliedChart, _ request: ChartRequest) -> [File] {
    let isBare = chart.files.contains { $0.path == ChartMetadata.fileName }
    let prefix = ".chart/\(request.key)" + (isBare && ChartMetadata.isFileName(chart.name) ? "/\(chart.name)" : "")
    return chart.files.compactMap { file in
      if file.path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { return nil }
      return ("\(prefix)/\(file.path)", file.bytes)
    }
  }

  /// The chart of a request; nil where it is still missing, or already taken.
  private mutating func fetched(_ request: ChartRequest) throws(FleetError) -> SuppliedChart? {
    guard taken.insert(request.key).inserted else { return nil }
    return try supply(request)
  }

  private mutating func supply(_ request: ChartRequest) throws(FleetError) -> SuppliedChart? {
    let key = request.purpose == .chart ? "helm.chart" : "dependencies"
    switch supplied[request.key] {
    case .success(let chart)?: return chart
    case .failure(let error)?:
      throw FleetError(
        error.code == .limitExceeded ? .limitExceeded : .chartUnavailable,
        "the chart \(request.displayName) could not be fetched: \(error)", file: request.dependent, key: key,
        cause: error)
    case nil:
      if !needs.contains(request) { needs.append(request) }
      guard needs.count <= Limits.chartRequests else {
        throw FleetError(
          .limitExceeded, "the bundle needs more than \(Limits.chartRequests) charts (chartRequests)",
          file: request.dependent, key: key)
      }
      return nil
    }
  }

  private func missing(_ request: ChartRequest) -> FleetError {
    switch request.purpose {
    case .chart:
      FleetError(
        .chartUnavailable, "the chart \(request.displayName) is not in the repository and has not been fetched",
        key: "helm.chart")
    case .dependency(let file):
      FleetError(
        .chartUnavailable, "the chart depends on \(request.displayName), which has not been fetched", file: file,
        key: "dependencies")
    }
  }
}

extension BundleCharts {
  /// Where files with charts among them come from.
  enum Origin {
    /// A bundle's directory; the charts in it that are deployed.
    case bundle(String, charts: Set<String>)
    /// A chart's directory in the repository.
    case chart(String)

    var directory: String {
      switch self {
      case .bundle(let path, _), .chart(let path): path
      }
    }

    /// Whether a mistake in the chart of this directory is one of what is deployed.
    func isDeployed(_ directory: String) -> Bool {
      switch self {
      case .bundle(_, let charts): charts.contains(directory)
      case .chart: directory.isEmpty
      }
    }
  }

  /// The archives of what charts among some files depend on and do not have in their `charts/`.
  ///
  /// - Parameter chain: the charts, as directories of the repository, whose dependency this is.
  private mutating func dependencies(of files: [File], origin: Origin, chain: [String]) throws(FleetError) -> [File] {
    let sorted = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var byDirectory: [String: [File]] = [:]
    for file in sorted where file.name.hasSuffix(".yaml") || file.name.hasSuffix(".lock") {
      let name = file.name.split(separator: "/").last.map(String.init) ?? ""
      guard ChartMetadata.dependencyFiles.contains(where: { $0.0 == name || $0.1 == name }) else { continue }
      byDirectory[Paths.directory(file.name), default: []].append((name, file.bytes))
    }
    var added: [String: [UInt8]] = [:]
    for (directory, documents) in byDirectory.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      guard documents.contains(where: { $0.name == ChartMetadata.fileName }) else { continue }
      do {
        let declarations = try declared(documents, in: Paths.join(origin.directory, directory))
        guard !declarations.isEmpty else { continue }
        let charts = VendoredCharts(sorted, below: Paths.join(directory, "charts"))
        for declared in declarations {
          if charts.contains(declared.dependency.name) { continue }
          guard let archive = try archive(declared, origin: origin, directory: directory, chain: chain) else {
            continue
          }
          added[Paths.join(directory, "charts/\(archive.name)")] = archive.bytes
        }
      } catch {
        // What is only carried along, such as the charts inside a fetched one, must not fail for what nobody asked of it.
        guard !origin.isDeployed(directory), error.code == .invalidDocument || error.code == .invalidField else {
          throw error
        }
        warnings.append(
          BuildWarning(
            path: bundle, file: error.file ?? "", line: error.line,
            message: "its dependencies are not looked at: \(error.message)"))
      }
    }
    return added.map { ($0.key, $0.value) }
  }

  /// A dependency, the file that declares it, and the version to get.
  private struct Declared {
    let dependency: ChartMetadata.Dependency
    let file: String
    let version: String
  }

  private mutating func declared(_ documents: [File], in directory: String) throws(FleetError) -> [Declared] {
    var result: [Declared] = []
    for (name, lockName) in ChartMetadata.dependencyFiles {
      guard let document = documents.first(where: { $0.name == name }) else { continue }
      let file = Paths.join(directory, name)
      metadataBytes += documents.reduce(0) { $0 + $1.bytes.count }
      guard metadataBytes <= Limits.chartMetadataBytes else {
        throw FleetError(
          .limitExceeded,
          "the metadata of the bundle's charts have more than \(Limits.chartMetadataBytes) bytes (chartMetadataBytes)",
          file: file)
      }
      let metadata = try ChartMetadata(document.bytes, file: file)
      guard !metadata.dependencies.isEmpty else { continue }
      guard metadata.dependencies.count <= Limits.chartRequests else {
        throw FleetError(
          .limitExceeded, "the chart depends on more than \(Limits.chartRequests) charts (chartRequests)", file: file,
          key: "dependencies")
      }
      var lock: ChartMetadata?
      if let document = documents.first(where: { $0.name == lockName }) {
        let lockFile = Paths.join(directory, lockName)
        let found = try ChartMetadata(document.bytes, file: lockFile)
        if found.isLock(of: metadata) {
          lock = found
        } else {
          warnings.append(
            BuildWarning(
              path: bundle, file: lockFile,
              message: "is not the lock of \(name) as it is now, and is not used; run `helm dependency update`"))
        }
      }
      for (index, dependency) in metadata.dependencies.enumerated() {
        guard !dependency.name.isEmpty else {
          throw FleetError(.invalidDocument, "has no name", file: file, key: "dependencies[\(index)]")
        }
        var locked: ChartMetadata.Dependency?
        if let entries = lock?.dependencies {
          locked =
            entries.indices.contains(index) && entries[index].name == dependency.name
            ? entries[index] : entries.first { $0.name == dependency.name }
        }
        let version = locked.map(\.version) ?? ""
        result.append(
          Declared(dependency: dependency, file: file, version: version.isEmpty ? dependency.version : version))
      }
    }
    return result
  }

  /// The archive that Helm's dependency update would put into `charts/`; nil while it is missing.
  private mutating func archive(
    _ declared: Declared, origin: Origin, directory: String, chain: [String]
  ) throws(FleetError) -> File? {
    let dependency = declared.dependency
    let repository = dependency.repository
    func invalid(_ message: String) -> FleetError {
      FleetError(
        .invalidDocument, "the chart depends on \(dependency.name) \(message)", file: declared.file, key: "dependencies"
      )
    }
    if repository.hasPrefix("file://") {
      return try packed(declared, from: Paths.join(origin.directory, directory), chain: chain)
    }
    if repository.isEmpty {
      throw invalid("without a repository, and its charts/ has no chart of this name")
    }
    if repository.hasPrefix("@") || repository.hasPrefix("alias:") {
      throw invalid(
        "from \"\(repository)\", which is the name of a repository in somebody's own Helm configuration; write its URL")
    }
    let isRegistry = repository.hasPrefix("oci://")
    guard isRegistry || repository.hasPrefix("https://") || repository.hasPrefix("http://") else {
      throw invalid("from \"\(repository)\"; a repository is https://…, http://…, oci://… or file://…")
    }
    var base = repository
    while base.hasSuffix("/"), isRegistry { base.removeLast() }
    let request = ChartRequest(
      chart: isRegistry ? "" : dependency.name, repo: isRegistry ? "\(base)/\(dependency.name)" : repository,
      version: declared.version, path: Paths.display(bundle), purpose: .dependency(of: declared.file))
    guard let chart = try supply(request) else { return nil }
    guard chart.name == dependency.name, ChartMetadata.isFileName(chart.name), ChartMetadata.isFileName(chart.version)
    else {
      throw FleetError(
        .chartUnavailable,
        "the chart depends on \(dependency.name), but \(repository) gave the chart \"\(chart.name)\""
          + " of version \"\(chart.version)\"", file: declared.file, key: "dependencies")
    }
    return ("\(chart.name)-\(chart.version).tgz", chart.archive)
  }

  /// A chart of the repository, packed with what it depends on itself.
  private mutating func packed(
    _ declared: Declared, from directory: String, chain: [String]
  ) throws(FleetError) -> File {
    func invalid(_ message: String) -> FleetError {
      FleetError(
        .invalidDocument, "the chart depends on \(declared.dependency.repository), \(message)", file: declared.file,
        key: "dependencies")
    }
    let reference = String(declared.dependency.repository.dropFirst("file://".count))
    guard !reference.hasPrefix("/"), !directory.contains(".chart/") else {
      throw invalid("which is no path relative to the chart in this repository")
    }
    guard let path = Paths.resolve(reference, from: directory) else {
      throw invalid("which leads out of the repository")
    }
    guard let found = try index.resolve(path, within: ""), index.isDirectory(found.node) else {
      throw invalid("and \(Paths.display(path)) is not a directory of the repository")
    }
    guard !chain.contains(found.path), found.path != directory else {
      throw invalid("which depends on this chart: \((chain + [found.path]).joined(separator: " → "))")
    }
    guard chain.count < Limits.chartDepth else {
      throw FleetError(
        .limitExceeded, "charts depend on one another more than \(Limits.chartDepth) levels deep (chartDepth)",
        file: declared.file, key: "dependencies")
    }
    if let pack = packs[found.path] { return pack }
    var loader = FileLoader(index: index, root: found.path, excluded: [])
    var files = try HelmIgnore.apply(loader.load(found.node), index: index, directory: found)
    packedBytes += files.reduce(0) { $0 + $1.bytes.count }
    guard packedBytes <= Limits.bundleBytes else {
      throw FleetError(
        .limitExceeded, "the charts that it depends on have more than \(Limits.bundleBytes) bytes (bundleBytes)",
        file: declared.file, key: "dependencies")
    }
    guard let metadata = files.first(where: { $0.name == ChartMetadata.fileName }) else {
      throw invalid("and \(Paths.display(found.path)) has no Chart.yaml")
    }
    let chart = try ChartMetadata(metadata.bytes, file: Paths.join(found.path, ChartMetadata.fileName))
    guard ChartMetadata.isFileName(chart.name), ChartMetadata.isFileName(chart.version) else {
      throw invalid("whose Chart.yaml has no proper name or version")
    }
    files += try dependencies(of: files, origin: .chart(found.path), chain: chain + [found.path])
    files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var tar = TarWriter()
    for file in files { tar.add("\(chart.name)/\(file.name)", file.bytes) }
    let pack = ("\(chart.name)-\(chart.version).tgz", try Gzip.compress(tar.finished()))
    packs[found.path] = pack
    return pack
  }
}
