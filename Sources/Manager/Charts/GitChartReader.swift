import Document
import Fleet
import GitSource

/// Reads one directory of a commit as a chart. Links are followed to files of the same commit, and refused otherwise.
struct GitChartReader {
  let tree: GitTree
  /// The chart's directory; empty for the whole repository.
  let root: String

  func chart() throws(FleetError) -> SuppliedChart {
    let prefix = root.isEmpty ? "" : root + "/"
    var files: [SuppliedChart.File] = []
    var total = 0
    for entry in tree.entries where entry.path.hasPrefix(prefix) {
      let path = String(entry.path.dropFirst(prefix.count))
      // As in a bundle's own directory (fleet-behaviour §2.4).
      guard entry.kind != .submodule, !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else {
        continue
      }
      guard files.count < Fleet.Limits.bundleFiles else {
        throw refusal("has more than \(Fleet.Limits.bundleFiles) files (bundleFiles)", .limitExceeded)
      }
      let file = try resolve(entry)
      guard file.size <= Fleet.Limits.fileBytes else {
        throw refusal(
          "has \(path) of \(file.size) bytes; the limit is \(Fleet.Limits.fileBytes) (fileBytes)", .limitExceeded)
      }
      total += file.size
      guard total <= Fleet.Limits.bundleBytes else {
        throw refusal("has more than \(Fleet.Limits.bundleBytes) bytes (bundleBytes)", .limitExceeded)
      }
      files.append(SuppliedChart.File(path: path, bytes: try contents(file)))
    }
    guard let metadata = files.first(where: { $0.path == "Chart.yaml" }) else {
      throw refusal("has no Chart.yaml; name the chart's directory behind `//` in the address", .chartUnavailable)
    }
    let (name, version) = try ChartIdentityFile.read(metadata.bytes)
    return SuppliedChart(name: name, version: version, files: files, archive: [])
  }

  private func resolve(_ entry: GitTreeEntry) throws(FleetError) -> GitTreeEntry {
    var found = entry
    for _ in 0..<Fleet.Limits.symlinkHops where found.kind == .symlink {
      let target = String(decoding: try contents(found), as: UTF8.self)
      var parts = found.path.split(separator: "/").dropLast().map(String.init)
      var leaves = target.hasPrefix("/")
      for part in target.split(separator: "/") where part != "." {
        if part == ".." { leaves = parts.popLast() == nil || leaves } else { parts.append(String(part)) }
      }
      guard !leaves, let next = tree.entry(at: parts.joined(separator: "/")), next.kind != .submodule else {
        throw refusal("has the link \(entry.path), which leads to no file of the repository", .invalidTree)
      }
      found = next
    }
    guard found.kind != .symlink else {
      throw refusal("has the link \(entry.path), which leads in circles", .invalidTree)
    }
    return found
  }

  private func contents(_ entry: GitTreeEntry) throws(FleetError) -> [UInt8] {
    do { return try tree.contents(of: entry.path) } catch {
      throw FleetError(.chartUnavailable, error.message, cause: error)
    }
  }

  private func refusal(_ message: String, _ code: FleetError.Code) -> FleetError {
    let place = root.isEmpty ? "the repository" : "the directory \(root) of the repository"
    return FleetError(code, "\(place) at commit \(tree.commit.prefix(12)) \(message)")
  }
}

/// What a Chart.yaml says of its chart.
enum ChartIdentityFile {
  /// Name and version. Throws `FleetError` with code `invalidDocument`.
  static func read(_ bytes: [UInt8]) throws(FleetError) -> (name: String, version: String) {
    let documents: [Value]
    do {
      documents = try YAML.parse(
        bytes, file: "Chart.yaml", limits: DocumentLimits(bytes: Fleet.Limits.configurationBytes))
    } catch {
      throw FleetError(
        .invalidDocument, error.message, file: "Chart.yaml", line: error.line > 0 ? error.line : nil, cause: error)
    }
    guard let name = documents.first?["name"]?.string, !name.isEmpty else {
      throw FleetError(.invalidDocument, "names no chart: `name` is missing", file: "Chart.yaml", key: "name")
    }
    return (name, documents.first?["version"]?.string ?? "")
  }
}
