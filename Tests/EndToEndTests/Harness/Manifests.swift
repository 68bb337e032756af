/// Small objects for the tests' repositories.
enum Manifests {
  static func configMap(_ name: String, _ data: [String: String]) -> String {
    let lines = data.sorted { $0.key < $1.key }.map { "  \($0.key): \"\($0.value)\"\n" }.joined()
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\ndata:\n\(lines)"
  }
}
