import Document

/// Fills in `protocol: TCP` where the elements of a list are told apart by it, and a manifest leaves it out.
///
/// Servers before Kubernetes 1.21 do not know this default when they merge lists in server-side apply, and refuse the
/// object ("associative list with keys has an element that omits key field"). To all others nothing is done.
enum KeyDefaults {
  /// Whether a server of this version (`v1.20.2`) needs it.
  static func isNeeded(serverVersion: String) -> Bool {
    let parts = serverVersion.drop { $0 == "v" }.split(separator: ".").prefix(2).compactMap {
      Int($0.prefix(while: \.isNumber))
    }
    guard parts.count == 2 else { return false }
    return parts[0] < 1 || (parts[0] == 1 && parts[1] < 21)
  }

  /// The object with its defaults.
  static func fill(_ object: Value) -> Value {
    var filled = object
    switch (object["apiVersion"]?.string ?? "", object["kind"]?.string ?? "") {
    case ("v1", "Service"): fillPorts(of: &filled, at: ["spec"])
    case ("v1", "Pod"): fillContainers(of: &filled, at: ["spec"])
    case ("v1", "PodTemplate"): fillContainers(of: &filled, at: ["template", "spec"])
    case (_, "CronJob"): fillContainers(of: &filled, at: ["spec", "jobTemplate", "spec", "template", "spec"])
    case (_, "Deployment"), (_, "StatefulSet"), (_, "DaemonSet"), (_, "ReplicaSet"), (_, "ReplicationController"),
      (_, "Job"):
      fillContainers(of: &filled, at: ["spec", "template", "spec"])
    default: break
    }
    return filled
  }

  private static func fillContainers(of object: inout Value, at path: [String]) {
    for list in ["initContainers", "containers"] {
      guard let containers = value(of: object, at: path + [list])?.array else { continue }
      let filled = containers.map { container in
        var container = container
        fillPorts(of: &container, at: [])
        return container
      }
      object.set(.array(filled), at: path + [list])
    }
  }

  private static func fillPorts(of object: inout Value, at path: [String]) {
    guard let ports = value(of: object, at: path + ["ports"])?.array else { return }
    let filled = ports.map { port in
      var port = port
      if port.object != nil, port["protocol"] == nil || port["protocol"] == .null { port["protocol"] = "TCP" }
      return port
    }
    object.set(.array(filled), at: path + ["ports"])
  }

  private static func value(of object: Value, at path: [String]) -> Value? {
    path.reduce(Value?.some(object)) { value, key in value?[key] }
  }
}
