import ArgumentParser
import Document

/// How objects are printed.
enum ManifestFormat: String, ExpressibleByArgument, CaseIterable {
  case yaml, json

  /// Documents as a stream (YAML), or as one `List` (JSON), which kubectl takes both.
  func text(_ objects: [Value]) -> String {
    switch self {
    case .yaml: YAML.emit(objects)
    case .json:
      JSON.string(["apiVersion": "v1", "kind": "List", "items": .array(objects)], pretty: true) + "\n"
    }
  }

  /// One value that is no object of an API.
  func text(_ value: Value) -> String {
    switch self {
    case .yaml: YAML.emit(value)
    case .json: JSON.string(value, pretty: true) + "\n"
    }
  }
}
