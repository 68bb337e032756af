/// Reads a chart's `.tgz` (fleet-behaviour §2.5) within ``Limits/chartArchiveBytes``, ``Limits/chartBytes``,
/// ``Limits/chartEntries`` and ``Limits/chartRatio``. It takes memory for the archive, what
/// it unpacks to, and once more what it returns.
public enum ChartArchiveReader {
  /// The archive's files, sorted by path; the outermost directory is left out where all files share one.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent`, `invalidTree` or `limitExceeded` that names the entry or limit.
  public static func files(of archive: [UInt8]) throws(FleetError) -> [SuppliedChart.File] {
    guard archive.count <= Limits.chartArchiveBytes else {
      throw FleetError(
        .limitExceeded,
        "the chart's archive has \(archive.count) bytes; the limit is \(Limits.chartArchiveBytes) (chartArchiveBytes)")
    }
    let tar = try decompress(archive)
    let entries = try TarReader.files(of: tar)
    let outermost = outermostDirectory(entries.map(\.path))
    return entries.map { entry in
      SuppliedChart.File(path: String(entry.path.dropFirst(outermost.count)), bytes: Array(tar[entry.content]))
    }.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The chart in an archive, with name and version from its Chart.yaml.
  ///
  /// - Throws: what ``files(of:)`` throws, and `invalidDocument` where there is no readable Chart.yaml.
  public static func chart(of archive: [UInt8]) throws(FleetError) -> SuppliedChart {
    let files = try files(of: archive)
    guard let metadata = files.first(where: { $0.path == ChartMetadata.fileName }) else {
      throw FleetError(
        .invalidDocument, "the archive holds no chart: there is no Chart.yaml in its outermost directory")
    }
    let chart = try ChartMetadata(metadata.bytes, file: metadata.path)
    return SuppliedChart(name: chart.name, version: chart.version, files: files, archive: archive)
  }

  private static func decompress(_ archive: [UInt8]) throws(FleetError) -> [UInt8] {
    let byRatio = max(Limits.chartRatioFloor, archive.count * Limits.chartRatio)
    do {
      return try Gzip.decompress(archive, limit: min(byRatio, Limits.chartBytes))
    } catch {
      guard error.code == .limitExceeded else {
        throw FleetError(.corruptContent, "the chart's archive cannot be read: \(error.message)", cause: error)
      }
      throw FleetError(
        .limitExceeded,
        byRatio < Limits.chartBytes
          ? "the chart's files are more than \(Limits.chartRatio) times larger than its archive (chartRatio)"
          : "the chart's files have more than \(Limits.chartBytes) bytes (chartBytes)")
    }
  }

  /// The directory that all paths lie in, with its slash; empty where they do not share one.
  private static func outermostDirectory(_ paths: [String]) -> String {
    guard let first = paths.first, let slash = first.firstIndex(of: "/") else { return "" }
    let directory = first[...slash]
    return paths.allSatisfy { $0.hasPrefix(directory) } ? String(directory) : ""
  }
}
