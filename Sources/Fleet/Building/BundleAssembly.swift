import Document

/// Makes one directory into one bundle, in the order of fleet-behaviour §2.3.
struct BundleAssembly {
  let index: TreeIndex
  let directory: BundleScanner.Directory
  let repository: String
  let options: BuildOptions
  let optionsFile: String?
  let isDriven: Bool
  let charts: SuppliedCharts

  /// The bundle's name; nil while a `name` in an unread fleet.yaml might still change it.
  private(set) var bundleName: String?
  private(set) var warnings: [BuildWarning] = []
  private(set) var needs: [ChartRequest] = []
  private(set) var imageScans: [Value] = []

  init(
    index: TreeIndex, directory: BundleScanner.Directory, repository: String, options: BuildOptions,
    optionsFile: String?, isDriven: Bool, charts: SuppliedCharts
  ) {
    self.index = index
    self.directory = directory
    self.repository = repository
    self.options = options
    self.optionsFile = optionsFile
    self.isDriven = isDriven
    self.charts = charts
  }

  private var path: String { directory.path }

  /// The bundle; nil when the directory holds nothing to deploy.
  mutating func bundle() throws(FleetError) -> Bundle? {
    let configuration = try readConfiguration()
    let document = configuration.document
    let generated = Names.bundle(repository: repository, path: path, options: isDriven ? optionsFile : nil)
    let name = document.name.isEmpty ? generated : document.name
    bundleName = name
    guard document.imageScans.allSatisfy(\.isNull) || options.imageScans else {
      throw FleetError(
        .unsupported, "image scanning is disabled on this manager; remove `imageScans`", file: configuration.file,
        key: "imageScans")
    }

    var spec = document.spec
    spec.targets += document.targetCustomizations
    nameTargets(&spec.targets)
    inheritChart(from: spec.options.helm, into: &spec.targets)
    try mergeValuesFiles(into: &spec)

    var files = try loadFiles(configuration)
    files = try completed(files, spec)
    guard !files.isEmpty else { return nil }
    files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }

    addOptions(to: &spec, overriding: document.overrideTargets)
    guard spec.targets.count <= Limits.targets else {
      throw FleetError(
        .limitExceeded, "has \(spec.targets.count) targets; the limit is \(Limits.targets) (targets)",
        file: configuration.file)
    }
    spec.resources = try resources(files, compress: options.compress)
    var bundle = Bundle(metadata: metadata(name, document), spec: spec)
    imageScans = scans(document, id: generated, bundle: bundle)
    if !options.compress, isTooLong(bundle) { bundle.spec.resources = try resources(files, compress: true) }
    return bundle
  }

  private struct Configuration {
    var document = FleetYAML()
    /// The file in the repository; nil when there is none.
    var file: String?
    /// The file's name relative to the bundle's directory.
    var name: String?
  }

  private mutating func readConfiguration() throws(FleetError) -> Configuration {
    for name in optionsFile.map({ [$0] }) ?? FleetYAML.fileNames {
      let file = Paths.join(path, Paths.clean(name))
      guard let found = try index.resolve(file, within: path), let entry = index.entry(found.node) else {
        if optionsFile == nil { continue }
        throw FleetError(.missingFile, "the options file is not in the repository", file: file)
      }
      let bytes = try index.bytes(of: entry, limit: Limits.configurationBytes, named: "configurationBytes")
      let (document, found2) = try FleetYAML.parse(bytes, file: file, directory: path)
      warnings += found2
      return Configuration(document: document, file: file, name: Paths.clean(name))
    }
    return Configuration()
  }

  private mutating func loadFiles(
    _ configuration: Configuration
  ) throws(FleetError) -> [(name: String, bytes: [UInt8])] {
    var excluded: Set<String> = ["fleet.yaml"]
    if let name = configuration.name { excluded.insert(name) }
    for file in configuration.document.valuesFiles {
      excluded.insert(Paths.clean(file))
      excluded.insert(Paths.base(file))
    }
    var loader = FileLoader(index: index, root: path, excluded: excluded)
    defer { warnings += loader.warnings }
    return try loader.load(directory.node)
  }

  /// The files with those of charts from elsewhere.
  private mutating func completed(
    _ files: [BundleCharts.File], _ spec: BundleSpec
  ) throws(FleetError) -> [BundleCharts.File] {
    var collected = BundleCharts(index: index, bundle: path, supplied: charts)
    defer {
      needs = collected.needs
      warnings += collected.warnings
    }
    let all = try collected.complete(files, spec)
    guard all.count <= Limits.bundleFiles else {
      throw FleetError(
        .limitExceeded, "the bundle has more than \(Limits.bundleFiles) files (bundleFiles) with those of its charts",
        file: Paths.display(path))
    }
    guard all.reduce(0, { $0 + $1.bytes.count }) <= Limits.bundleBytes else {
      throw FleetError(
        .limitExceeded, "the bundle has more than \(Limits.bundleBytes) bytes (bundleBytes) with its charts",
        file: Paths.display(path))
    }
    return all
  }

  /// Unnamed entries get a name from their place, by which their values are kept.
  private func nameTargets(_ targets: inout [BundleTarget]) {
    for position in targets.indices where targets[position].name.isEmpty {
      let digits = "\(position)"
      targets[position].name = "target" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
  }

  private func inheritChart(from root: HelmOptions?, into targets: inout [BundleTarget]) {
    guard let root else { return }
    for position in targets.indices {
      guard var helm = targets[position].options.helm else { continue }
      if helm.repo.isEmpty { helm.repo = root.repo }
      if helm.chart.isEmpty { helm.chart = root.chart }
      if helm.version.isEmpty { helm.version = root.version }
      targets[position].options.helm = helm
    }
  }

  private func addOptions(to spec: inout BundleSpec, overriding overrides: [GitTarget]?) {
    if !options.serviceAccount.isEmpty { spec.options.serviceAccount = options.serviceAccount }
    spec.options.forceSyncGeneration = options.forceSyncGeneration
    if overrides == nil, let file = options.targetsFile {
      spec.targets += file.targets
      spec.targetRestrictions += file.restrictions
    } else {
      let plain = overrides ?? options.targets
      spec.targets += plain.map { BundleTarget($0) }
      if overrides != nil || options.restrict { spec.targetRestrictions += plain }
    }
    if spec.targets.isEmpty { spec.targets = [BundleTarget(.defaultTarget)] }
    if !options.targetNamespace.isEmpty {
      spec.options.namespace = options.targetNamespace
      for position in spec.targets.indices { spec.targets[position].options.namespace = options.targetNamespace }
    }
    spec.paused = spec.paused || options.paused
    spec.options.keepResources = spec.options.keepResources || options.keepResources
    spec.options.deleteNamespace = spec.options.deleteNamespace || options.deleteNamespace
    if options.correctDrift.enabled { spec.options.correctDrift = options.correctDrift }
  }

  private func metadata(_ name: String, _ document: FleetYAML) -> ObjectMeta {
    var labels = options.labels.merging(document.labels) { _, own in own }
    if !options.commit.isEmpty { labels[FleetLabels.commit] = Names.labelValue(options.commit) }
    if let repo = options.repoLabel { labels[FleetLabels.repoName] = Names.labelValue(repo) }
    return ObjectMeta(
      name: name, namespace: options.namespace, labels: labels, annotations: document.annotations)
  }

  /// The ImageScan objects that fleet.yaml asks for (fleet-behaviour §2.3, 2).
  private func scans(_ document: FleetYAML, id: String, bundle: Bundle) -> [Value] {
    document.imageScans.enumerated().compactMap { index, scan in
      guard var spec = scan.object else { return nil }
      spec["name"] = nil
      spec["gitrepoName"] = options.repoLabel.map { .string($0) }
      var metadata = bundle.metadata
      metadata.name = Names.safeConcat("imagescan", id, "\(index)")
      return [
        "apiVersion": .string(fleetAPIVersion), "kind": "ImageScan", "metadata": metadata.value, "spec": .object(spec),
      ]
    }
  }

  private func resources(
    _ files: [(name: String, bytes: [UInt8])], compress: Bool
  ) throws(FleetError) -> [BundleResource] {
    var resources: [BundleResource] = []
    resources.reserveCapacity(files.count)
    for file in files {
      resources.append(try BundleResource(name: file.name, bytes: file.bytes, compress: compress))
    }
    return resources
  }

  private func isTooLong(_ bundle: Bundle) -> Bool {
    let bytes = bundle.spec.resources.reduce(0) { $0 + $1.content.utf8.count }
    // Escapes make a byte into six at most, so short bundles need no encoding to know.
    guard bytes > Limits.uncompressedBundleBytes / 7 else { return false }
    if bytes >= Limits.uncompressedBundleBytes { return true }
    var rest = bundle
    rest.spec.resources = []
    return bundle.manifest.encoded().count + JSON.encode(rest.value).count >= Limits.uncompressedBundleBytes
  }

  /// Merges every `valuesFiles` entry over the inline values, in order (fleet-behaviour §2.5: files win).
  private mutating func mergeValuesFiles(into spec: inout BundleSpec) throws(FleetError) {
    if let helm = spec.options.helm { spec.options.helm = try withValuesFiles(helm) }
    for position in spec.targets.indices {
      guard let helm = spec.targets[position].options.helm else { continue }
      spec.targets[position].options.helm = try withValuesFiles(helm)
    }
  }

  private mutating func withValuesFiles(_ helm: HelmOptions) throws(FleetError) -> HelmOptions {
    var merged = helm
    for name in helm.valuesFiles {
      guard let relative = Paths.resolve(name) else {
        throw FleetError(
          .invalidTree, "the values file \(name) lies outside the bundle's directory", file: Paths.display(path),
          key: "helm.valuesFiles")
      }
      let file = Paths.join(path, relative)
      guard let found = try index.resolve(file, within: path), let entry = index.entry(found.node) else {
        throw FleetError(
          .missingFile, "there is no such values file; helm.valuesFiles are relative to the bundle's directory",
          file: file, key: "helm.valuesFiles")
      }
      let bytes = try index.bytes(of: entry, limit: Limits.configurationBytes, named: "configurationBytes")
      let documents = try ConfigurationText.parse(bytes, file: file, directory: path, warnings: &warnings)
      guard let values = documents.first, !values.isNull else { continue }
      guard values.object != nil else {
        throw FleetError(.invalidDocument, "must be an object of values, but is of type \(values.typeName)", file: file)
      }
      merged.values = merged.values.isNull ? values : merged.values.merging(values)
    }
    return merged
  }
}
