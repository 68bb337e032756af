import Document

/// What an engine asks of Helm: a value, so that a child process can be asked for it as well as this one.
struct HelmRequest: Sendable {
  /// What is to be done.
  enum Operation: String, Sendable {
    case version, openHandles
    case render
    case install, upgrade, installOrUpgrade, uninstall, rollback, recover
    case list, get, history

    /// Whether it changes a release: of those on one release, one runs at a time.
    var writes: Bool {
      switch self {
      case .install, .upgrade, .installOrUpgrade, .uninstall, .rollback, .recover: true
      case .version, .openHandles, .render, .list, .get, .history: false
      }
    }
  }

  var operation: Operation
  /// The release that it is about, if it is about one.
  var release: ReleaseIdentity?
  /// The cluster; nil for what needs none.
  var connection: ClusterConnection?
  /// What else it needs, as the library takes it.
  var parameters: Value = [:]
  /// The chart's archive, where it needs one.
  var attachment: [UInt8] = []

  init(_ operation: Operation, _ release: ReleaseIdentity? = nil, parameters: Value = [:], attachment: [UInt8] = []) {
    self.operation = operation
    self.release = release
    self.parameters = parameters
    self.attachment = attachment
  }

  /// The release whose turn the request waits for; nil for one that waits for nobody.
  var turn: ReleaseIdentity? { operation.writes ? release : nil }

  /// What is being done, for messages.
  var doing: String {
    let subject = release.map { "release \($0)" } ?? "releases"
    return switch operation {
    case .version, .openHandles: "asking for Helm's version"
    case .render: "rendering \(subject)"
    case .install: "installing \(subject)"
    case .upgrade, .installOrUpgrade: "upgrading \(subject)"
    case .uninstall: "uninstalling \(subject)"
    case .rollback: "rolling back \(subject)"
    case .recover: "recovering \(subject)"
    case .list: "listing releases"
    case .get: "reading \(subject)"
    case .history: "reading the history of \(subject)"
    }
  }
}

extension HelmRequest {
  /// The request as it goes to a child.
  var message: WorkerMessage {
    var header: Value = ["operation": .string(operation.rawValue), "parameters": parameters]
    if let release { header["release"] = ["name": .string(release.name), "namespace": .string(release.namespace)] }
    header["connection"] = connection?.value
    return WorkerMessage(header: header, attachment: attachment)
  }

  /// Reads what ``message`` wrote. Throws `HelmError` with `workerFailed`.
  init(_ message: WorkerMessage) throws(HelmError) {
    let name = message.header["operation"]?.string
    guard let operation = name.flatMap(Operation.init) else {
      throw HelmError(code: .workerFailed, message: "Helm's worker knows no operation \(name ?? "without a name")")
    }
    self.init(operation, parameters: message.header["parameters"] ?? [:], attachment: message.attachment)
    if let release = message.header["release"] {
      self.release = ReleaseIdentity(
        name: release["name"]?.string ?? "", namespace: release["namespace"]?.string ?? "")
    }
    connection = try message.header["connection"].map { (value) throws(HelmError) in try ClusterConnection(value) }
  }
}

extension ClusterConnection {
  fileprivate var value: Value {
    var value: Value = ["groups": .array(impersonatedGroups.map(Value.string))]
    switch source {
    case .file(let path): value["file"] = .string(path)
    case .text(let text): value["text"] = .string(text)
    case .ambient: break
    }
    value["context"] = context.map(Value.string)
    value["user"] = impersonatedUser.map(Value.string)
    return value
  }

  fileprivate init(_ value: Value) throws(HelmError) {
    guard value.object != nil else {
      throw HelmError(code: .workerFailed, message: "a request to Helm's worker names no cluster")
    }
    let source: Source =
      value["file"]?.string.map(Source.file) ?? value["text"]?.string.map(Source.text) ?? .ambient
    self.init(
      source, context: value["context"]?.string, impersonatedUser: value["user"]?.string,
      impersonatedGroups: (value["groups"]?.array ?? []).compactMap(\.string))
  }
}
