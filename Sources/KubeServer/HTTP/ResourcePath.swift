/// Where under `/api/v1` or `/apis/GROUP/VERSION` a request points.
struct ResourcePath: Sendable, Hashable {
  var group = ""
  var version = ""
  var resource = ""
  var namespace: String?
  var name: String?
  var subresource: String?

  /// Parses path segments; nil if they are no resource's path.
  init?(_ segments: [String]) {
    var rest = segments[...]
    switch rest.popFirst() {
    case "api": break
    case "apis":
      guard let group = rest.popFirst() else { return nil }
      self.group = group
    default: return nil
    }
    guard let version = rest.popFirst(), !rest.isEmpty else { return nil }
    self.version = version
    // /namespaces/NAME and its subresources are about the namespace itself; deeper paths are inside it.
    if rest.first == "namespaces", rest.count >= 3 {
      let third = rest[rest.startIndex + 2]
      if rest.count > 3 || (third != "status" && third != "finalize") {
        rest.removeFirst()
        namespace = rest.popFirst()
      }
    }
    guard let resource = rest.popFirst() else { return nil }
    self.resource = resource
    name = rest.popFirst()
    subresource = rest.popFirst()
    guard rest.isEmpty else { return nil }
  }
}
