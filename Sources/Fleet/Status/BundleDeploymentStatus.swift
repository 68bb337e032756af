import Document

/// What an agent reports about one deployment: a BundleDeployment's `status` (fleet-behaviour §1.4, §5.6, §5.7).
public struct BundleDeploymentStatus: Sendable, Hashable {
  /// `Ready`, `Deployed`, `Installed`, `Monitored`.
  public var conditions = Conditions()
  /// The id of the version that is deployed; empty before the first one.
  public var appliedDeploymentID = ""
  /// When that version was deployed, or put right, last, RFC 3339; empty when the agent did not say.
  public var appliedTime = ""
  /// `namespace/name:revision`.
  public var release = ""
  /// Every deployed object is ready.
  public var ready = false
  /// Every deployed object is as it was deployed.
  public var nonModified = false
  /// Objects that are not ready; at most ten.
  public var nonReadyStatus: [NonReadyStatus] = []
  /// Objects that differ; at most ten.
  public var modifiedStatus: [ModifiedStatus] = []
  /// The lists were cut.
  public var incompleteState = false
  /// The forceSyncGeneration that was last deployed; nil before the first one.
  public var syncGeneration: Int64?
  /// The deployed objects.
  public var resources: [DeployedResource] = []
  /// How many objects are in which state.
  public var resourceCounts = ResourceCounts()

  /// The status before the first report.
  public init() {}

  /// Reads a status; absent and null fields get their defaults.
  ///
  /// - Throws: ``FleetError`` with code `invalidField` that names the field.
  public init(_ value: Value?) throws(FleetError) {
    let reader = try FieldReader(value, path: "status")
    conditions = Conditions(reader.value("conditions"))
    appliedDeploymentID = try reader.text("appliedDeploymentID")
    appliedTime = try reader.text("appliedTime")
    release = try reader.text("release")
    ready = try reader.flag("ready")
    nonModified = try reader.flag("nonModified")
    for entry in try reader.objects("nonReadyStatus") ?? [] { nonReadyStatus.append(try NonReadyStatus(entry)) }
    for entry in try reader.objects("modifiedStatus") ?? [] { modifiedStatus.append(try ModifiedStatus(entry)) }
    incompleteState = try reader.flag("incompleteState")
    syncGeneration = try reader.integer("syncGeneration")
    for entry in try reader.objects("resources") ?? [] { resources.append(try DeployedResource(entry)) }
    if let counts = try reader.object("resourceCounts") { resourceCounts = try ResourceCounts(counts) }
  }

  /// The status as a tree; `display` is left to ``display(state:)``, because it depends on the spec.
  public var value: Value {
    var writer = FieldWriter()
    if !conditions.all.isEmpty { writer.set("conditions", conditions.value) }
    writer.set("appliedDeploymentID", appliedDeploymentID)
    writer.set("appliedTime", appliedTime)
    writer.set("release", release)
    writer.set("ready", ready)
    writer.set("nonModified", nonModified)
    writer.set("nonReadyStatus", nonReadyStatus.map(\.value))
    writer.set("modifiedStatus", modifiedStatus.map(\.value))
    writer.set("incompleteState", incompleteState)
    writer.set("syncGeneration", syncGeneration.map { .integer($0) })
    writer.set("resources", resources.map(\.value))
    writer.setObject("resourceCounts", resourceCounts == ResourceCounts() ? [:] : resourceCounts.value)
    return writer.value
  }

  /// The texts of the table (fleet-behaviour §5.13).
  public func display(state: BundleState) -> Value {
    func text(_ type: String) -> String {
      guard let condition = conditions[type] else { return "" }
      return condition.isFalse ? "Error: \(condition.message)" : condition.status
    }
    var writer = FieldWriter()
    writer.set("deployed", text("Deployed"))
    writer.set("monitored", text("Monitored"))
    writer.set("state", state.rawValue)
    return writer.value
  }

  /// The state of the deployment (fleet-behaviour §5.13).
  ///
  /// - Parameters:
  ///   - desiredID: the version that the agent is to deploy.
  ///   - stagedID: the newest version.
  public func state(desiredID: String, stagedID: String) -> BundleState {
    if appliedDeploymentID != desiredID || desiredID.isEmpty {
      return conditions["Deployed"]?.isFalse == true ? .errApplied : .waitApplied
    }
    if !ready { return .notReady }
    if desiredID != stagedID { return .outOfSync }
    return nonModified ? .ready : .modified
  }

  /// What is said about the deployment upwards (fleet-behaviour §5.13).
  public func message(desiredID: String) -> String {
    if let message = conditions["Deployed"]?.message, !message.isEmpty { return message }
    if appliedDeploymentID == desiredID, let message = conditions["Installed"]?.message, !message.isEmpty {
      return message
    }
    return conditions["Monitored"]?.message ?? ""
  }
}
