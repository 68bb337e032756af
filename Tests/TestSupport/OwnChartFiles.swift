import Foundation

/// The charts in the checkout's `charts/`.
public enum OwnChartFiles {
  /// Their directory.
  public static let directory = String(ControlPlane.script.dropLast("scripts/kube-cluster".count)) + "charts"

  /// A chart's files by their paths below its directory, but for those that are only for packing it.
  public static func read(_ name: String) throws -> [String: [UInt8]] {
    let root = URL(filePath: directory).appending(path: name)
    guard let paths = FileManager.default.enumerator(atPath: root.path) else {
      throw Command.Failure("\(root.path) cannot be read")
    }
    var files: [String: [UInt8]] = [:]
    for case let path as String in paths where !path.hasSuffix(".helmignore") {
      var isDirectory: ObjCBool = false
      let file = root.appending(path: path)
      guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory), !isDirectory.boolValue else {
        continue
      }
      files[path] = Array(try Data(contentsOf: file))
    }
    return files
  }
}
