/// The charts in a chart's `charts/`.
struct VendoredCharts {
  private var names: Set<String> = []
  private var archives: [String] = []

  /// - Parameters:
  ///   - files: all files, sorted by the bytes of their names.
  ///   - directory: `charts/` of the chart, relative like the files' names.
  init(_ files: [BundleCharts.File], below directory: String) {
    let prefix = directory + "/"
    var low = 0
    var high = files.count
    while low < high {
      let middle = (low + high) / 2
      if files[middle].name.utf8.lexicographicallyPrecedes(prefix.utf8) { low = middle + 1 } else { high = middle }
    }
    for file in files[low...].prefix(while: { $0.name.hasPrefix(prefix) }) {
      let parts = file.name.dropFirst(directory.count + 1).split(separator: "/")
      if parts.count == 1, parts[0].hasSuffix(".tgz") {
        archives.append(String(parts[0].dropLast(4)))
      } else if parts.count == 2, parts[1] == ChartMetadata.fileName {
        // A directory may have another name than its chart.
        let name = (try? ChartMetadata(file.bytes, file: file.name))?.name ?? ""
        names.insert(name.isEmpty ? String(parts[0]) : name)
      }
    }
  }

  /// Whether a chart of this name is there, unpacked or as `<name>-<version>.tgz`.
  func contains(_ name: String) -> Bool {
    names.contains(name)
      || archives.contains { archive in
        guard archive.hasPrefix(name + "-") else { return false }
        let version = archive.utf8.dropFirst(name.utf8.count + 1)
        let digits = version.first == UInt8(ascii: "v") ? version.dropFirst() : version
        return digits.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
      }
  }
}
